import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { embeddedBroker, fileOf, receivedBy, SCOPED, type TestBroker } from '../../support/embedded-broker.js'
import { until } from '../../support/until.js'

/** Who asks until it is in has wrong logins before. */
const PATIENT = { limits: { wrongOfUser: 1e9, wrongOfAddress: 1e9 } }
const FILE = 'hive-mq/extensions/hivemq-file-rbac-extension/credentials.xml'

const isIn = (broker: TestBroker, user: string) =>
  broker.connect(user).then(
    (client) => client.endAsync().then(() => true),
    () => false,
  )

const errors = (broker: TestBroker) => broker.lines.filter(({ level }) => level === 'error')

test('users come and go with the file, whether it is replaced or written in place', async (t) => {
  const broker = await embeddedBroker(t, undefined, PATIENT)
  assert.ok(!(await isIn(broker, 'anna')))
  broker.write(fileOf({ anna: SCOPED }))
  await until(() => isIn(broker, 'anna'), 'anna', 3)
  writeFileSync(path.join(broker.root, FILE), fileOf({ berta: SCOPED }))
  await until(() => isIn(broker, 'berta'), 'berta', 3)
  assert.ok(!(await isIn(broker, 'anna')))
})

test('a file that is broken or gone changes nothing, and is told of once with all that is wrong', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED }), PATIENT)
  broker.write('<file-rbac><users><user><name>anna</name></user></users></file-rbac>')
  await until(() => errors(broker).length > 0, 'the line in the log', 3)
  // A second look finds the same.
  await until(() => isIn(broker, 'anna'), 'anna')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  assert.equal(errors(broker).length, 1)
  assert.match(errors(broker)[0]?.message ?? '', /credentials\.xml.*the users that were read before stay/)
  const faults = errors(broker)[0]?.details.faults
  assert.ok(Array.isArray(faults) && faults.length >= 2)
  assert.ok(!JSON.stringify(broker.lines).includes(broker.root))

  rmSync(path.join(broker.root, FILE))
  const isGone = ({ message }: { message: string }) => message.startsWith('there is no')
  await until(() => broker.lines.some(isGone), 'the line in the log', 3)
  assert.ok(await isIn(broker, 'anna'))
  broker.write(fileOf({ berta: SCOPED }))
  await until(() => isIn(broker, 'berta'), 'berta', 3)
})

test('who is connected keeps its permissions until it connects anew', async (t) => {
  const broker = await embeddedBroker(t, fileOf({ anna: SCOPED, berta: SCOPED }), PATIENT)
  const anna = await broker.connect('anna')
  const received = receivedBy(anna)
  await anna.subscribeAsync('anna/#')
  broker.write(fileOf({ berta: SCOPED }))
  await until(async () => !(await isIn(broker, 'anna')), 'her end', 3)
  await anna.publishAsync('anna/clients/a', 'still', { qos: 1 })
  await until(() => received.length > 0, 'the message')
})
