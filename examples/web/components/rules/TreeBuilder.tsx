'use client'

import {type KeyboardEvent, useEffect, useState} from 'react'
import {useBuilder} from '@/components/builder/BuilderContext'
import {Problems, useProblems} from '@/components/builder/Field'
import {Disclosure} from '@/components/result/parts'
import {equalised, symbolsOf} from '@/lib/holdings'
import {inPlainWords} from '@/lib/plain-words'
import {fieldId, type Path, pointerTo} from '@/lib/pointer'
import {begun, changed, type History, redone, undone} from '@/lib/rules/history'
import {keyOf} from '@/lib/rules/kinds'
import {sentences} from '@/lib/rules/sentences'
import {freshName, heldIn, newNode, type Parameters} from '@/lib/rules/tree'
import {isObject, type Json, type Schema, sameJson} from '@/lib/schema/types'
import {ComposerPaste} from './ComposerPaste'
import {definitionPlaces, NodeRow} from './NodeRow'
import styles from './rules.module.css'
import {inRequest, TreeProvider} from './TreeContext'

/** What was copied last, in whichever portfolio. */
let clipboard: Json | null = null

/** The form of a tree of rules: its nodes, and what each of them says. */
export function TreeBuilder({schema}: {readonly schema: Schema}) {
  const {draft, set, converts} = useBuilder()
  const given = isObject(draft.parameters) ? draft.parameters : {}
  const {tree, definitions, ...others} = given
  const parameters: Parameters = {...(tree !== undefined && {tree}), ...(definitions !== undefined && {definitions})}
  const [history, setHistory] = useState<History>(() => begun(parameters))
  const [opened, setOpened] = useState<string | null>(null)
  const [focus, setFocus] = useState<Path | null>(null)
  const [copied, setCopied] = useState<Json | null>(clipboard)
  if (!sameJson(history.present, parameters)) setHistory(changed(history, parameters, null)) // a suggestion, an example

  const node = schema.properties?.tree ?? {}
  const symbol = symbolsOf(draft)[0] ?? ''
  const put = (next: Json) => {
    const whole = {...(isObject(next) ? next : {}), ...others}
    set(['parameters'], Object.keys(whole).length > 0 ? whole : undefined)
  }
  const edit = (next: Parameters, {focus: to, mark = null}: {focus?: Path; mark?: string | null} = {}) => {
    setHistory(changed(history, next, mark))
    put(next)
    if (to === undefined) return
    setFocus(to)
    if (opened !== null) setOpened(pointerTo(to))
  }
  const step = (to: History | null) => {
    if (to === null) return
    setHistory(to)
    put(to.present)
  }
  useEffect(() => {
    if (focus === null) return
    document.getElementById(fieldId(pointerTo(inRequest(focus))))?.focus()
    setFocus(null)
  }, [focus])

  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey)) return
    const key = event.key.toLowerCase()
    if (key !== 'z' && key !== 'y') return
    event.preventDefault()
    step(key === 'y' || event.shiftKey ? redone(history) : undone(history))
  }
  const addDefinition = () => {
    const path = ['definitions', freshName(parameters)]
    const known = isObject(definitions) ? definitions : {}
    edit({...parameters, definitions: {...known, [String(path[1])]: {hold: symbol}}}, {focus: path})
    setOpened(pointerTo(path))
  }
  const contents = {
    parameters,
    node,
    symbol,
    opened,
    onOpen: (path: Path | null) => setOpened(path === null ? null : pointerTo(path)),
    edit,
    copied,
    onCopy: (one: Json) => {
      clipboard = one
      setCopied(one)
    },
  }
  return (
    <TreeProvider value={contents}>
      <div className={styles.tree} role="group" aria-labelledby="tree-heading" onKeyDown={onKeyDown}>
        <div className={styles.head}>
          <h4 id="tree-heading">{node.title}</h4>
          <button
            type="button"
            className="quiet-button"
            disabled={undone(history) === null}
            onClick={() => step(undone(history))}
          >
            Undo
          </button>
          <button
            type="button"
            className="quiet-button"
            disabled={redone(history) === null}
            onClick={() => step(redone(history))}
          >
            Redo
          </button>
        </div>
        {converts && <ComposerPaste />}
        {tree === undefined ? (
          <Begin
            onChoose={(kind) => edit({...parameters, tree: newNode(kind, node, [], symbol)}, {focus: ['tree']})}
            node={node}
          />
        ) : (
          <div data-tree="">
            <ul className={styles.root}>
              <NodeRow path={['tree']} lead="" />
            </ul>
            {definitionPlaces(parameters).length > 0 && (
              <>
                <h5 className={styles.subhead}>{schema.properties?.definitions?.title}</h5>
                <ul className={styles.root}>
                  {definitionPlaces(parameters).map((path) => (
                    <NodeRow key={pointerTo(path)} path={path} lead={String(path[1])} />
                  ))}
                </ul>
              </>
            )}
          </div>
        )}
        <NotHeld parameters={parameters} />
        {tree !== undefined && (
          <>
            <p className={styles.foot}>
              <button type="button" className="link-button" onClick={addDefinition}>
                Add a definition
              </button>
              <span className={styles.keys}>
                Arrow keys go from row to row, with Alt they move a row. Ctrl + Z undoes.
              </span>
            </p>
            <Disclosure summary="The tree in words">
              {() => (
                <ol className={styles.sentences}>
                  {sentences(parameters).map((line, index) => (
                    <li key={index}>{line}</li>
                  ))}
                </ol>
              )}
            </Disclosure>
          </>
        )}
      </div>
    </TreeProvider>
  )
}

/** The first node of a tree. */
function Begin({onChoose, node}: {readonly onChoose: (kind: string) => void; readonly node: Schema}) {
  const problems = useProblems('/parameters/tree')
  return (
    <div id={fieldId('/parameters/tree')} tabIndex={-1} className={styles.begin}>
      <p className={styles.note}>Begin with one of these, or fill in an example.</p>
      <div className={styles.actions}>
        {(node.oneOf ?? [])
          .filter((one) => keyOf(one) !== 'use')
          .map((one) => (
            <button
              key={keyOf(one)}
              type="button"
              className="quiet-button"
              title={inPlainWords(one.description ?? '')}
              onClick={() => onChoose(keyOf(one))}
            >
              {one.title}
            </button>
          ))}
      </div>
      <Problems pointer="/parameters/tree" schema={node} problems={problems} />
    </div>
  )
}

/** What the tree holds has to be among the holdings. */
function NotHeld({parameters}: {readonly parameters: Parameters}) {
  const {draft, set} = useBuilder()
  const known = symbolsOf(draft)
  const missing = heldIn(parameters).filter((symbol) => symbol !== '' && !known.includes(symbol))
  if (missing.length === 0) return null
  const add = () => {
    const parts = equalised(known.length + missing.length, 1)
    set(
      ['holdings'],
      [...known, ...missing].map((symbol, index) => ({symbol, allocation: parts[index] ?? 0})),
    )
  }
  return (
    <p className={styles.missing}>
      Not among the holdings: {missing.join(', ')}.{' '}
      <button type="button" className="link-button" onClick={add}>
        Add {missing.length === 1 ? missing[0] : 'them'}
      </button>
    </p>
  )
}
