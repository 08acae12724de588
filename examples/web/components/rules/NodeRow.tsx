'use client'

import type {KeyboardEvent} from 'react'
import {useBuilder} from '@/components/builder/BuilderContext'
import {Problems} from '@/components/builder/Field'
import {percent} from '@/lib/format'
import {fieldId, type Path, pointerTo, valueAt, withValueAt} from '@/lib/pointer'
import type {Problem} from '@/lib/problems'
import {alternativeOf} from '@/lib/rules/kinds'
import {condition} from '@/lib/rules/sentences'
import {moved, type Place, parentOf, placesIn, type Parameters as Tree, without, withoutCase} from '@/lib/rules/tree'
import {fieldKind} from '@/lib/schema/fields'
import {schemaAt} from '@/lib/schema/names'
import type {Schema} from '@/lib/schema/types'
import {CaseEditor, NodeEditor} from './NodeEditor'
import {problemsAt, rowText} from './rows'
import styles from './rules.module.css'
import {inRequest, useTree} from './TreeContext'

interface Props {
  readonly path: Path
  /** Its place in its parent: `then`, `else`, `1`, `60 %`. */
  readonly lead: string
}

/** A node: a line that opens its form, and its children below it. */
export function NodeRow({path, lead}: Props) {
  const {parameters, node} = useTree()
  const value = valueAt(parameters, path)
  const alternative = alternativeOf(node, value)
  const places = placesIn(parameters, path, node)
  const name = valueAt(value, ['name'])
  return (
    <li>
      <Line path={path} places={places} editor={<NodeEditor path={path} />}>
        {lead !== '' && <span className={styles.lead}>{lead}</span>}
        <span>
          {typeof name === 'string' && name !== lead && <em className={styles.name}>{name}: </em>}
          <strong>{alternative?.title ?? '…'}</strong> {rowText(value)}
        </span>
      </Line>
      {places.length > 0 && (
        <ul className={styles.children}>
          {places.map((place, index) => (
            <Child key={pointerTo(place.path)} place={place} parent={path} index={index} />
          ))}
        </ul>
      )}
    </li>
  )
}

function Child({place, parent, index}: {readonly place: Place; readonly parent: Path; readonly index: number}) {
  const {parameters, node} = useTree()
  const key = String(place.path.at(-1))
  if (place.case === undefined)
    return <NodeRow path={place.path} lead={leadOf(key, valueAt(parameters, parent), index)} />
  const list = alternativeOf(node, valueAt(parameters, parent))?.properties?.[String(place.case.at(-2))]
  return (
    <li>
      <Line
        path={place.case}
        places={[{path: place.path}]}
        editor={<CaseEditor path={place.case} schema={list?.items ?? {}} />}
      >
        <span className={styles.lead}>{index + 1}</span>
        <span>
          <strong>If</strong> {condition(valueAt(parameters, [...place.case, 'if']))}
        </span>
      </Line>
      <ul className={styles.children}>
        <NodeRow path={place.path} lead={key} />
      </ul>
    </li>
  )
}

function leadOf(key: string, parent: ReturnType<typeof valueAt>, index: number): string {
  const weight = valueAt(parent, ['weights', index])
  if (typeof weight === 'number') return percent(weight)
  return /^\d+$/.test(key) ? '' : key
}

interface LineProps {
  readonly path: Path
  readonly places: readonly Place[]
  readonly editor: React.ReactNode
  readonly children: React.ReactNode
}

function Line({path, places, editor, children}: LineProps) {
  const {opened, onOpen} = useTree()
  const {problems, parameters} = useBuilder()
  const onKeyDown = useKeys(path)
  const pointer = pointerTo(inRequest(path))
  const id = fieldId(pointer)
  const open = opened === pointerTo(path)
  const own = problemsAt(problems, path, places)
  const shown = open ? own.filter((one) => !hasField(one, parameters)) : own
  return (
    <>
      <button
        type="button"
        id={id}
        className={styles.row}
        data-row={pointerTo(path)}
        aria-expanded={open}
        aria-describedby={shown.length > 0 ? `${id}-problems` : undefined}
        data-wrong={own.length > 0 || undefined}
        onClick={() => onOpen(open ? null : path)}
        onKeyDown={onKeyDown}
      >
        {children}
      </button>
      {shown.length > 0 && (
        <div id={`${id}-problems`} className={styles.problems}>
          {shown.map((one) => (
            <Problems
              key={one.pointer + one.code}
              pointer={one.pointer}
              schema={schemaAt(one.pointer, parameters) ?? {}}
              problems={[one]}
            />
          ))}
        </div>
      )}
      {open && editor}
    </>
  )
}

/** Whether the form of the open node has a field that shows it. */
function hasField({pointer}: Problem, parameters: Schema | undefined): boolean {
  const schema = schemaAt(pointer, parameters) ?? {}
  const isValue = schema.oneOf !== undefined && schema.$ref?.endsWith('/value')
  return isValue === true || !['none', 'group', 'list'].includes(fieldKind(schema))
}

/** Arrow keys lead from row to row; with Alt they move the node. Delete deletes it. */
function useKeys(path: Path): (event: KeyboardEvent<HTMLElement>) => void {
  const {parameters, node, edit, copied, onCopy} = useTree()
  const isCase = path.at(-2) === 'cases' && typeof path.at(-1) === 'number'
  const go = (from: HTMLElement, by: number) => {
    const rows = [...(from.closest('[data-tree]')?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
    const at = by === -Infinity ? 0 : by === Infinity ? rows.length - 1 : rows.indexOf(from) + by
    rows[at]?.focus()
  }
  const remove = () => {
    if (isCase) edit(withoutCase(parameters, path), {focus: path.slice(0, -2)})
    else edit(without(parameters, path), {focus: parentOf(path) ?? path})
  }
  return (event) => {
    const {key, altKey, currentTarget} = event
    const command = event.ctrlKey || event.metaKey
    const by = {ArrowUp: -1, ArrowDown: 1}[key] as -1 | 1 | undefined
    const far = {Home: -Infinity, End: Infinity}[key]
    if (command && !isCase && key === 'c') onCopy(valueAt(parameters, path) ?? null)
    else if (command && !isCase && key === 'x') {
      onCopy(valueAt(parameters, path) ?? null)
      remove()
    } else if (command && !isCase && key === 'v' && copied !== null)
      edit(withValueAt(parameters, path, copied), {focus: path})
    else if (command) return
    else if (altKey && by !== undefined) {
      const next = moved(parameters, path, by, node)
      if (next !== null) edit(next.parameters, {focus: next.path})
    } else if (by !== undefined || far !== undefined) go(currentTarget, by ?? far ?? 0)
    else if (key === 'Delete' || key === 'Backspace') remove()
    else return
    event.preventDefault()
  }
}

/** The definitions, each a tree of its own. */
export const definitionPlaces = (parameters: Tree): Path[] =>
  Object.keys(valueAt(parameters, ['definitions']) ?? {}).map((name) => ['definitions', name])
