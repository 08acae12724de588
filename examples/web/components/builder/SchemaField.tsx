'use client'

import {type Path, valueAt} from '@/lib/pointer'
import {defaultOf, fieldKind, fieldsOf, isUsed, meaningOf, withoutNull} from '@/lib/schema/fields'
import {isObject, type Json, type JsonObject, type Schema, sameJson} from '@/lib/schema/types'
import {useBuilder} from './BuilderContext'
import {Control} from './Control'
import {ChoicesField, SymbolsField} from './choices'
import {Field} from './Field'
import {ListField} from './ListField'

/** The fields of an object, each with the control that its schema asks for. */
export function SchemaFields({path, schema}: {readonly path: Path; readonly schema: Schema}) {
  const {draft} = useBuilder()
  const value = valueAt(draft, path)
  const siblings = isObject(value) ? value : {}
  return fieldsOf(schema)
    .filter(([, field]) => isUsed(field, siblings, schema))
    .map(([name, field]) => (
      <SchemaField key={name} path={[...path, name]} schema={field} siblings={siblings} parent={schema} />
    ))
}

interface Props {
  readonly path: Path
  readonly schema: Schema
  /** What stands beside it, and the schema of that: units may depend on it. */
  readonly siblings: JsonObject
  readonly parent: Schema
}

/** One field of a request, edited with whatever control its schema asks for. */
export function SchemaField({path, schema: given, siblings, parent}: Props) {
  const {draft, set: setDraft} = useBuilder()
  const schema = withoutNull(given)
  const value = valueAt(draft, path)
  const shown = value ?? defaultOf(given)
  /** What is at its default is not kept: requests and links say only what somebody has decided. */
  const set = (next: Json | undefined) =>
    setDraft(path, next !== undefined && sameJson(next, defaultOf(given)) ? undefined : next)

  switch (fieldKind(given)) {
    case 'none':
      return null
    case 'group':
      return <SchemaFields path={path} schema={schema} />
    case 'list':
      return <ListField path={path} schema={schema} value={value} onValue={set} />
    case 'choices':
      return <ChoicesField path={path} schema={schema} value={shown} onValue={set} />
    case 'symbols':
      return <SymbolsField path={path} schema={schema} value={value} onValue={set} />
    default:
      return (
        <Field path={path} schema={schema} note={typeof shown === 'string' ? meaningOf(shown, schema) : undefined}>
          {(attributes) => (
            <Control
              attributes={attributes}
              schema={given}
              value={value}
              onValue={set}
              unit={unitBeside(schema, siblings, parent)}
            />
          )}
        </Field>
      )
  }
}

/** `sessions or months`, told by the sibling that chooses between them. */
function unitBeside(schema: Schema, siblings: JsonObject, parent: Schema): string | undefined {
  const units = schema['x-unit']?.split(' or ') ?? []
  if (units.length < 2) return undefined
  const choosers = Object.entries(parent.properties ?? {})
  const [name, chooser] = choosers.find(([, {enum: values = []}]) => sameJson(values, units)) ?? []
  const chosen = name === undefined ? undefined : (siblings[name] ?? chooser?.default)
  return typeof chosen === 'string' ? chosen : undefined
}
