'use client'

import type {Draft} from '@/lib/draft'
import {unitIn} from '@/lib/parameters'
import {type Path, valueAt} from '@/lib/pointer'
import {defaultOf, fieldKind, fieldsOf, isUsed, meaningOf, withoutNull} from '@/lib/schema/fields'
import {isObject, type Json, type Schema, sameJson} from '@/lib/schema/types'
import {useBuilder} from './BuilderContext'
import {Control} from './Control'
import {ChoicesField, SymbolsField} from './choices'
import {EitherFields} from './EitherFields'
import {Field} from './Field'
import {ListField} from './ListField'

/** The fields of an object, each with the control that its schema asks for. */
export function SchemaFields({path, schema}: {readonly path: Path; readonly schema: Schema}) {
  const {draft, opening} = useBuilder()
  const value = valueAt(draft, path)
  const siblings = isObject(value) ? value : {}
  const alternatives = schema['x-either'] ?? []
  const first = alternatives[0]?.[0]
  return fieldsOf(schema)
    .filter(
      ([name, field]) => isUsed(field, siblings, schema) && (name === first || !alternatives.flat().includes(name)),
    )
    .map(([name, field]) =>
      name === first ? (
        <EitherFields key={opening} path={path} schema={schema} alternatives={alternatives} siblings={siblings} />
      ) : (
        <SchemaField key={name} path={[...path, name]} schema={field} />
      ),
    )
}

interface Props {
  readonly path: Path
  readonly schema: Schema
}

/** One field of a request, edited with whatever control its schema asks for. */
export function SchemaField({path, schema: given}: Props) {
  const {draft, parameters, set: setDraft} = useBuilder()
  const schema = withoutNull(given)
  const value = valueAt(draft, path)
  const shown = value ?? defaultOf(given)
  const unit = path[0] === 'parameters' ? chosenUnit(schema, draft, parameters) : undefined
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
          {(attributes) => <Control attributes={attributes} schema={given} value={value} onValue={set} unit={unit} />}
        </Field>
      )
  }
}

/** Of `sessions or months` what the strategy's parameters say, also for a row of a list among them. */
function chosenUnit(schema: Schema, draft: Draft, parameters: Schema = {}): string | undefined {
  const values = valueAt(draft, ['parameters'])
  const unit = unitIn(isObject(values) ? values : {}, parameters, schema)
  return unit === (schema['x-unit'] ?? '') ? undefined : unit
}
