import { createRequire } from 'node:module'
import type * as SequelizeLibrary from 'sequelize'
import type { DataType, ModelAttributeColumnOptions, Sequelize } from 'sequelize'
import type { CustomLengths } from '../config/config.js'
import type { ColumnSpec, DefaultValue } from '../contract/columns.js'
import { now } from '../contract/columns.js'
import type { TableModel, ViewModel } from '../contract/context.js'
import type { TableDefinition } from '../contract/define-table.js'
import type { ViewDefinition } from '../contract/define-view.js'
import type { Relation } from '../contract/relations.js'
import { resolveColumn } from '../contract/table-spec.js'
import { valueFault } from '../contract/validate-row.js'
import type { Database } from '../engines/contract.js'
import { M3Error } from '../errors.js'
import { readConversion } from './read-conversions.js'

/** Loading Sequelize takes a tenth of a second: the first model pays for it, not the start of the server. */
const require = createRequire(import.meta.url)

/** The Sequelize models of one tenant, each made when it is first asked for. */
export class Models {
  readonly #made = new Map<string, SequelizeLibrary.ModelStatic<SequelizeLibrary.Model>>()

  /** `tables` and `views` are all that the tenant's modules declare, by name. */
  constructor(
    readonly database: Database,
    readonly lengths: CustomLengths,
    readonly tables: ReadonlyMap<string, TableDefinition>,
    readonly views: ReadonlyMap<string, ViewDefinition>,
  ) {}

  table<T extends TableDefinition>(table: T): TableModel<T> {
    return this.#model(table.name) as unknown as TableModel<T>
  }

  view<V extends ViewDefinition>(view: V): ViewModel<V> {
    const made = this.#made.get(view.name) ?? this.#defineView(view.name)
    return made as unknown as ViewModel<V>
  }

  #model(name: string): SequelizeLibrary.ModelStatic<SequelizeLibrary.Model> {
    const made = this.#made.get(name)
    if (made) return made
    const table = this.tables.get(name)
    if (!table) throw new M3Error('MODULE_INVALID', `No module of this tenant declares the table ${name}`)
    const model = this.#define(name, table.columns)
    // Bulk inserts skip validation unless asked: https://sequelize.org/docs/v6/core-concepts/model-querying-basics/#creating-in-bulk
    model.addHook('beforeBulkCreate', (_rows, options) => {
      options.validate ??= true
    })
    // Kept before the relations are made: two tables may relate to each other.
    this.#made.set(name, model)
    for (const [as, relation] of Object.entries(table.relations)) this.#relate(model, as, relation)
    return model
  }

  #defineView(name: string): SequelizeLibrary.ModelStatic<SequelizeLibrary.Model> {
    const view = this.views.get(name)
    if (!view) throw new M3Error('MODULE_INVALID', `No module of this tenant declares the view ${name}`)
    // Sequelize takes no column named id that is not the key.
    const { id } = view.columns
    const model = this.#define(view.name, id ? { ...view.columns, id: { ...id, primary: true } } : view.columns)
    const refuse = () => {
      throw new M3Error('MODULE_INVALID', `${view.name} is a view: it can be read only`)
    }
    for (const hook of [
      'beforeSave',
      'beforeDestroy',
      'beforeBulkCreate',
      'beforeBulkUpdate',
      'beforeBulkDestroy',
      'beforeUpsert',
    ] as const) {
      model.addHook(hook, refuse)
    }
    this.#made.set(view.name, model)
    return model
  }

  #define(name: string, columns: Readonly<Record<string, ColumnSpec>>) {
    const sequelize: Sequelize = this.database.sequelize()
    const attributes = Object.fromEntries(
      Object.entries(columns).map(([column, spec]) => [
        column,
        attribute(column, resolveColumn(spec, this.lengths), this.database),
      ]),
    )
    const model = sequelize.define(name, attributes, { tableName: name, freezeTableName: true, timestamps: false })
    if (!Object.values(columns).some((spec) => spec.primary)) model.removeAttribute('id')
    return model
  }

  #relate(model: SequelizeLibrary.ModelStatic<SequelizeLibrary.Model>, as: string, relation: Relation): void {
    const target = this.#model(relation.target().name)
    const { foreignKey } = relation
    // The declaration has the foreign keys and their actions already; Sequelize must not add its own.
    const options = { as, foreignKey, constraints: false }
    switch (relation.kind) {
      case 'belongsTo':
        model.belongsTo(target, options)
        return
      case 'hasOne':
        model.hasOne(target, options)
        return
      case 'hasMany':
        model.hasMany(target, options)
        return
      case 'belongsToMany': {
        const through = relation.through?.()
        if (!through || !relation.otherKey)
          throw new M3Error('MODULE_INVALID', `The relation ${as} names no table between`)
        model.belongsToMany(target, {
          ...options,
          through: { model: this.#model(through.name), unique: false },
          otherKey: relation.otherKey,
        })
      }
    }
  }
}

function attribute(name: string, spec: ColumnSpec, database: Database): ModelAttributeColumnOptions {
  const conversion = readConversion(spec, database.engine)
  return {
    type: dataType(spec),
    allowNull: spec.nullable,
    primaryKey: spec.primary,
    autoIncrement: spec.autoIncrement,
    // A row that was just created holds null where the database does, not undefined.
    ...('default' in spec || spec.nullable ? { defaultValue: defaultValue(spec.default ?? null) } : {}),
    validate: validatorOf(spec),
    ...(conversion
      ? {
          get(this: SequelizeLibrary.Model) {
            return conversion(this.getDataValue(name))
          },
        }
      : {}),
  }
}

/** By the column, so that all tenants share one: a thousand tenants have a million columns. */
const validators = new WeakMap<ColumnSpec, { column(value: unknown): void }>()

function validatorOf(spec: ColumnSpec) {
  let validator = validators.get(spec)
  if (!validator) {
    validator = {
      column(value) {
        const fault = valueFault(spec, value)
        if (fault) throw new Error(fault)
      },
    }
    validators.set(spec, validator)
  }
  return validator
}

function defaultValue(value: DefaultValue): unknown {
  return value === now ? () => new Date() : value
}

/** How Sequelize binds and reads a value; signs, lengths and defaults are the migrator's and the validator's. */
function dataType(spec: ColumnSpec): DataType {
  const { DataTypes } = require('sequelize') as typeof SequelizeLibrary
  switch (spec.type) {
    case 'int':
    case 'id':
      return DataTypes.INTEGER
    case 'tinyint':
      return DataTypes.TINYINT
    case 'smallint':
      return DataTypes.SMALLINT
    case 'mediumint':
      return DataTypes.MEDIUMINT
    case 'bigint':
      return DataTypes.BIGINT
    case 'float':
      return DataTypes.FLOAT
    case 'double':
      return DataTypes.DOUBLE
    case 'decimal':
      return DataTypes.DECIMAL(spec.precision, spec.scale)
    case 'date':
      return DataTypes.DATEONLY
    case 'time':
      return DataTypes.TIME
    case 'datetime':
      return DataTypes.DATE(3)
    case 'text':
      return DataTypes.TEXT
    case 'json':
      return DataTypes.JSON
    case 'boolean':
      return DataTypes.BOOLEAN
    case 'enum':
      return DataTypes.STRING(255)
    case 'blob':
      return DataTypes.BLOB
    default:
      return DataTypes.STRING(spec.length ?? 255)
  }
}
