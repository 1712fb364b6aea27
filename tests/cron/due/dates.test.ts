import { describe } from 'node:test'
import { every, testDates } from './cases.js'

describe('the examples of the original system', () => {
  testDates({
    daily: { schedule: every(1, 'day'), ran: '2026-11-27', due: '2026-11-28' },
    'every 2 days': { schedule: every(2, 'day'), ran: '2026-11-27', due: '2026-11-29' },
    weekly: { schedule: every(1, 'week'), ran: '2026-11-27', due: '2026-12-04' },
    'every 6 weeks': { schedule: every(6, 'week'), ran: '2026-11-27', due: '2027-01-08' },
    monthly: { schedule: every(1, 'month'), ran: '2026-11-27', due: '2026-12-27' },
    'every 3 months': { schedule: every(3, 'month'), ran: '2026-11-27', due: '2027-02-27' },
    'every 3 months on day 1': { schedule: every(3, 'month', { day: 1 }), ran: '2026-11-01', due: '2027-02-01' },
    'monthly on day 15': { schedule: every(1, 'month', { day: 15 }), ran: '2026-11-15', due: '2026-12-15' },
    yearly: { schedule: every(1, 'year'), ran: '2026-11-27', due: '2027-11-27' },
    'every 5 years': { schedule: every(5, 'year'), ran: '2026-11-27', due: '2031-11-27' },
    'every 3 years on 1 January': {
      schedule: every(3, 'year', { day: 1, month: 1 }),
      ran: '2026-01-01',
      due: '2029-01-01',
    },
    'yearly on 1 July': { schedule: every(1, 'year', { day: 1, month: 7 }), ran: '2026-07-01', due: '2027-07-01' },
  })
})

describe('a job that never ran is due at once, unless it names a date', () => {
  const seen = '2026-11-27'
  testDates({
    daily: { schedule: every(1, 'day'), seen, due: seen },
    'every 6 weeks': { schedule: every(6, 'week'), seen, due: seen },
    'every 3 months': { schedule: every(3, 'month'), seen, due: seen },
    'every 5 years': { schedule: every(5, 'year'), seen, due: seen },
    'a day of this month that is to come': { schedule: every(3, 'month', { day: 28 }), seen, due: '2026-11-28' },
    'the day on which it was first seen': { schedule: every(3, 'month', { day: 27 }), seen, due: seen },
    'a day of this month that has passed': { schedule: every(3, 'month', { day: 26 }), seen, due: '2026-12-26' },
    'the last day of a short month': { schedule: every(1, 'month', { day: 31 }), seen, due: '2026-11-30' },
    'the last day of the next month': {
      schedule: every(1, 'month', { day: 30 }),
      seen: '2026-01-31',
      due: '2026-02-28',
    },
    'the last day, on the last day': {
      schedule: every(1, 'month', { day: 31 }),
      seen: '2026-04-30',
      due: '2026-04-30',
    },
    'a date of this year that is to come': {
      schedule: every(2, 'year', { day: 24, month: 12 }),
      seen,
      due: '2026-12-24',
    },
    'that very date': { schedule: every(2, 'year', { day: 27, month: 11 }), seen, due: seen },
    'a date of this year that has passed': {
      schedule: every(2, 'year', { day: 1, month: 7 }),
      seen,
      due: '2027-07-01',
    },
    'a month alone, its first day': { schedule: every(1, 'year', { month: 7 }), seen, due: '2027-07-01' },
    'a month alone, in the middle of it': { schedule: every(1, 'year', { month: 11 }), seen, due: '2027-11-01' },
    'a day of a year without a month': { schedule: every(1, 'year', { day: 5 }), seen, due: '2026-12-05' },
    '29 February, in a common year': {
      schedule: every(1, 'year', { day: 29, month: 2 }),
      seen: '2026-01-10',
      due: '2026-02-28',
    },
    '29 February, in a leap year': {
      schedule: every(1, 'year', { day: 29, month: 2 }),
      seen: '2028-02-28',
      due: '2028-02-29',
    },
    'a day of January, in December': { schedule: every(1, 'month', { day: 5 }), seen: '2026-12-31', due: '2027-01-05' },
  })
})

describe('the ends of months', () => {
  testDates({
    '31 January and a month': { schedule: every(1, 'month'), ran: '2026-01-31', due: '2026-02-28' },
    '31 January and a month in a leap year': { schedule: every(1, 'month'), ran: '2028-01-31', due: '2028-02-29' },
    '28 February and a month': { schedule: every(1, 'month'), ran: '2026-02-28', due: '2026-03-28' },
    '31 August and 6 months': { schedule: every(6, 'month'), ran: '2026-08-31', due: '2027-02-28' },
    'day 31 in February': { schedule: every(1, 'month', { day: 31 }), ran: '2026-01-31', due: '2026-02-28' },
    'day 31 after February': { schedule: every(1, 'month', { day: 31 }), ran: '2026-02-28', due: '2026-03-31' },
    'day 31 in April': { schedule: every(1, 'month', { day: 31 }), ran: '2026-03-31', due: '2026-04-30' },
    'day 30 in a leap February': { schedule: every(2, 'month', { day: 30 }), ran: '2027-12-30', due: '2028-02-29' },
    'across the end of a year': { schedule: every(14, 'month', { day: 31 }), ran: '2026-12-31', due: '2028-02-29' },
  })
})

describe('leap years', () => {
  testDates({
    '29 February and a year': { schedule: every(1, 'year'), ran: '2028-02-29', due: '2029-02-28' },
    '29 February and 4 years': { schedule: every(4, 'year'), ran: '2028-02-29', due: '2032-02-29' },
    '28 February and a year': { schedule: every(1, 'year'), ran: '2027-02-28', due: '2028-02-28' },
    'day 29 of month 2, in a common year': {
      schedule: every(1, 'year', { day: 29, month: 2 }),
      ran: '2028-02-29',
      due: '2029-02-28',
    },
    'day 29 of month 2, in a leap year': {
      schedule: every(1, 'year', { day: 29, month: 2 }),
      ran: '2027-02-28',
      due: '2028-02-29',
    },
    '2100 is no leap year': {
      schedule: every(4, 'year', { day: 29, month: 2 }),
      ran: '2096-02-29',
      due: '2100-02-28',
    },
    '28 February and a day in a leap year': { schedule: every(1, 'day'), ran: '2028-02-28', due: '2028-02-29' },
    '28 February and a day in a common year': { schedule: every(1, 'day'), ran: '2026-02-28', due: '2026-03-01' },
  })
})

describe('a run that was made up for late: the next interval begins at it', () => {
  testDates({
    'day 28, made up for on 3 March': {
      schedule: every(1, 'month', { day: 28 }),
      ran: '2026-03-03',
      due: '2026-04-28',
    },
    'day 1, made up for on the 20th': { schedule: every(3, 'month', { day: 1 }), ran: '2026-11-20', due: '2027-02-01' },
    'yearly on 1 July, made up for in January': {
      schedule: every(1, 'year', { day: 1, month: 7 }),
      ran: '2027-01-03',
      due: '2028-07-01',
    },
    'day 5 of a year, made up for on the 9th': {
      schedule: every(1, 'year', { day: 5 }),
      ran: '2026-03-09',
      due: '2027-03-05',
    },
    'every 2 days, a day late': { schedule: every(2, 'day'), ran: '2026-11-28', due: '2026-11-30' },
  })
})

describe('the longest interval stays within what dates can be', () => {
  testDates({
    years: { schedule: every(100_000, 'year'), ran: '2026-11-27', due: '+102026-11-27' },
  })
})
