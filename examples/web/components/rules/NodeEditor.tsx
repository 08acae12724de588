'use client'

import {useId} from 'react'
import controls from '@/components/builder/controls.module.css'
import {inPlainWords} from '@/lib/plain-words'
import {type Path, valueAt, withValueAt} from '@/lib/pointer'
import {alternativeOf, isCondition, keyOf, kindOf} from '@/lib/rules/kinds'
import {
  asKind,
  equalWeights,
  extracted,
  lifted,
  type Moved,
  moved,
  parentOf,
  placesIn,
  renamed,
  takesMore,
  withChild,
  without,
  withoutCase,
  wrapped,
} from '@/lib/rules/tree'
import {isObject, type Schema} from '@/lib/schema/types'
import {ConditionField} from './ConditionField'
import {NumberIn, Scalars} from './fields'
import {brief} from './rows'
import styles from './rules.module.css'
import {useTree} from './TreeContext'

/** What a node does, and what can be done with it. */
export function NodeEditor({path}: {readonly path: Path}) {
  const {parameters, node} = useTree()
  const value = valueAt(parameters, path)
  const alternative = alternativeOf(node, value)
  const properties = Object.entries(alternative?.properties ?? {})
  return (
    <div className={styles.editor}>
      {isDefinition(path) && <DefinitionName name={String(path[1])} />}
      <KindField path={path} />
      {alternative !== undefined && (
        <>
          <p className={styles.note}>{inPlainWords(alternative.description ?? '')}</p>
          <Scalars path={path} schema={alternative} shown={(name) => name !== 'name'} />
          {Array.isArray(valueAt(value, ['weights'])) && <Weights path={path} schema={alternative} />}
          {properties.map(
            ([name, part]) =>
              isCondition(part) && (
                <ConditionField key={name} path={[...path, name]} schema={part} title={part.title ?? name} />
              ),
          )}
          <Scalars path={path} schema={alternative} shown={(name) => name === 'name'} />
        </>
      )}
      <NodeActions path={path} />
    </div>
  )
}

const isDefinition = (path: Path): boolean => path[0] === 'definitions' && path.length === 2

function KindField({path}: {readonly path: Path}) {
  const {parameters, node, symbol, edit} = useTree()
  const id = useId()
  const kind = kindOf(valueAt(parameters, path)) ?? ''
  const choose = (next: string) => edit(asKind(parameters, path, next, node, symbol))
  return (
    <div className={styles.line}>
      <label htmlFor={id}>Kind</label>
      <select id={id} className={controls.select} value={kind} onChange={(event) => choose(event.target.value)}>
        {kind === '' && <option value="">Choose</option>}
        {(node.oneOf ?? []).map((one) => (
          <option key={keyOf(one)} value={keyOf(one)}>
            {one.title}
          </option>
        ))}
      </select>
    </div>
  )
}

/** The share of each child. */
function Weights({path, schema}: {readonly path: Path; readonly schema: Schema}) {
  const {parameters, edit} = useTree()
  const value = valueAt(parameters, path)
  const weights = schema.properties?.weights ?? {}
  const of = valueAt(value, ['of'])
  const children = Array.isArray(of) ? of : []
  return (
    <fieldset className={styles.weights}>
      <legend className="visually-hidden">{weights.title}</legend>
      {children.map((child, index) => (
        <NumberIn
          key={index}
          path={[...path, 'weights', index]}
          schema={{...weights.items, title: `${weights.items?.title} ${index + 1}: ${brief(child)}`}}
        />
      ))}
      <button
        type="button"
        className="link-button"
        onClick={() => edit(withValueAt(parameters, [...path, 'weights'], equalWeights(of)))}
      >
        Equalise
      </button>
    </fieldset>
  )
}

/** The name that use nodes have; changing it changes them too. */
function DefinitionName({name}: {readonly name: string}) {
  const {parameters, edit} = useTree()
  const id = useId()
  const rename = (text: string) => {
    const next = renamed(parameters, name, text.trim())
    if (next !== parameters) edit(next, {focus: ['definitions', text.trim()]})
  }
  return (
    <div className={styles.line}>
      <label htmlFor={id}>Definition</label>
      <input
        id={id}
        type="text"
        className={controls.text}
        maxLength={80}
        defaultValue={name}
        key={name}
        onBlur={(event) => rename(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && rename(event.currentTarget.value)}
      />
    </div>
  )
}

function NodeActions({path}: {readonly path: Path}) {
  const {parameters, node, symbol, edit, copied, onCopy} = useTree()
  const value = valueAt(parameters, path)
  const parent = parentOf(path)
  const whole = isObject(value) ? value : {}
  const add = () => {
    const next = withChild(parameters, path, symbol)
    const last = placesIn(next, path, node).at(kindOf(value) === 'cases' ? -2 : -1)
    edit(next, {focus: last?.case ?? last?.path ?? path})
  }
  return (
    <div className={styles.actions} role="group" aria-label="Change the tree">
      {takesMore(value) && <Action onClick={add}>{kindOf(value) === 'cases' ? 'Add a case' : 'Add a child'}</Action>}
      <Wrap onChoose={(kind) => edit(wrapped(parameters, path, kind, node, symbol), {focus: path})} />
      {parent !== null && <MoveActions path={path} />}
      {parent !== null && (
        <Action
          onClick={() => edit(lifted(parameters, path), {focus: parent})}
          title="Put it in the place of the node around it"
        >
          Replace parent
        </Action>
      )}
      {!isDefinition(path) && (
        <Action
          onClick={() => focused(extracted(parameters, path))}
          title="Give it a name, to use it in several places"
        >
          Make a definition
        </Action>
      )}
      <Action onClick={() => onCopy(whole)}>Copy</Action>
      {copied !== null && (
        <Action
          onClick={() => edit(withValueAt(parameters, path, copied), {focus: path})}
          title="In place of this node"
        >
          Paste here
        </Action>
      )}
      <Action onClick={() => edit(without(parameters, path), {focus: parent ?? path})}>Delete</Action>
    </div>
  )

  function focused({parameters: next, path: focus}: Moved) {
    edit(next, {focus})
  }
}

/** A case: its condition; what is held then is the node below it. */
export function CaseEditor({path, schema}: {readonly path: Path; readonly schema: Schema}) {
  const {parameters, edit} = useTree()
  const [name, part] = Object.entries(schema.properties ?? {}).find(([, one]) => isCondition(one)) ?? []
  return (
    <div className={styles.editor}>
      {name !== undefined && part !== undefined && (
        <ConditionField path={[...path, name]} schema={part} title={part.title ?? name} />
      )}
      <div className={styles.actions} role="group" aria-label="Change the tree">
        <MoveActions path={path} />
        <Action onClick={() => edit(withoutCase(parameters, path), {focus: path.slice(0, -2)})}>Delete</Action>
      </div>
    </div>
  )
}

function MoveActions({path}: {readonly path: Path}) {
  const {parameters, node, edit} = useTree()
  return ([-1, 1] as const).map((by) => {
    const next = moved(parameters, path, by, node)
    return (
      <Action
        key={by}
        disabled={next === null}
        onClick={() => next !== null && edit(next.parameters, {focus: next.path})}
        title={by < 0 ? 'Alt + Arrow up' : 'Alt + Arrow down'}
      >
        {by < 0 ? 'Move up' : 'Move down'}
      </Action>
    )
  })
}

function Wrap({onChoose}: {readonly onChoose: (kind: string) => void}) {
  const {node} = useTree()
  const holders = (node.oneOf ?? []).filter(({required = []}) => required.length > 1)
  return (
    <select
      aria-label="Wrap in"
      className={styles.wrap}
      value=""
      onChange={(event) => event.target.value !== '' && onChoose(event.target.value)}
    >
      <option value="">Wrap in…</option>
      {holders.map((one) => (
        <option key={keyOf(one)} value={keyOf(one)}>
          {one.title}
        </option>
      ))}
    </select>
  )
}

const Action = (props: React.ComponentProps<'button'>) => <button type="button" className="quiet-button" {...props} />
