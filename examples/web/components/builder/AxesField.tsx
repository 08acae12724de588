'use client'

import {useState} from 'react'
import {
  combinationsOf,
  parseValues,
  type Setting,
  settingsOf,
  sizeOf,
  valuesAround,
  writeValues,
} from '@/lib/axis-values'
import {count, counted} from '@/lib/format'
import {fieldId, type Path, pointerTo, valueAt} from '@/lib/pointer'
import {fieldKind, humanised, withoutNull} from '@/lib/schema/fields'
import {requestField} from '@/lib/schema/page'
import {isObject, type Json, type Schema} from '@/lib/schema/types'
import {useBuilder} from './BuilderContext'
import controls from './controls.module.css'
import {Field, Problems, useProblems} from './Field'
import styles from './Questions.module.css'

const MOST_AXES = 4
const HELP = 'A list, such as 1, 2, 3, or a range, such as 20 to 120 by 20.'

/** The settings that vary, each with its values; all combinations are run. */
export function AxesField({path, question}: {readonly path: Path; readonly question: string}) {
  const {draft, parameters, set} = useBuilder()
  const problems = useProblems(pointerTo(path))
  const found = valueAt(draft, path)
  const over = isObject(found) ? found : {}
  const settings = settingsOf(draft, parameters, question)
  const free = settings.filter(({pointer}) => !Object.hasOwn(over, pointer))
  const replaceKey = (from: string, to: Setting) =>
    set(
      path,
      Object.fromEntries(
        Object.entries(over).map(([key, value]) =>
          key === from ? [to.pointer, valuesAround(to, draft)] : [key, value],
        ),
      ),
    )
  return (
    <div className={styles.axes} id={fieldId(pointerTo(path))} tabIndex={-1} role="group" aria-label="Settings to try">
      {Object.keys(over).map((pointer, n) => (
        <Axis
          key={pointer}
          number={n + 1}
          path={[...path, pointer]}
          pointer={pointer}
          options={settings.filter((one) => one.pointer === pointer || free.includes(one))}
          onSetting={(to) => replaceKey(pointer, to)}
          onRemove={Object.keys(over).length > 1 ? () => set([...path, pointer], undefined) : null}
        />
      ))}
      <p className={styles.count}>
        <button
          type="button"
          className="quiet-button"
          disabled={free.length === 0 || Object.keys(over).length >= MOST_AXES}
          onClick={() => free[0] && set([...path, free[0].pointer], valuesAround(free[0], draft))}
        >
          Add a setting
        </button>
        <span>{counted(combinationsOf(over), 'combination')}</span>
      </p>
      <Problems pointer={pointerTo(path)} schema={{}} problems={problems} />
    </div>
  )
}

interface AxisProps {
  readonly number: number
  readonly path: Path
  readonly pointer: string
  readonly options: readonly Setting[]
  readonly onSetting: (setting: Setting) => void
  readonly onRemove: (() => void) | null
}

function Axis({number, path, pointer, options, onSetting, onRemove}: AxisProps) {
  const {draft, set} = useBuilder()
  const schema = options.find((one) => one.pointer === pointer)?.schema ?? {}
  return (
    <fieldset className={controls.row}>
      <legend>Setting {number}</legend>
      {onRemove !== null && (
        <button type="button" className={controls.remove} onClick={onRemove} aria-label={`Remove setting ${number}`}>
          ×
        </button>
      )}
      <SettingSelect label={`Setting ${number}`} pointer={pointer} options={options} onSetting={onSetting} />
      <ValuesField
        path={path}
        schema={schema}
        value={valueAt(draft, path)}
        onValue={(value) => set(path, value ?? [])}
      />
    </fieldset>
  )
}

interface SelectProps {
  readonly label: string
  readonly pointer: string
  readonly options: readonly Setting[]
  readonly onSetting: (setting: Setting) => void
}

/** Which setting varies: the strategy's own, then those of costs, fills, cash and rebalancing. */
export function SettingSelect({label, pointer, options, onSetting}: SelectProps) {
  const groups = [...new Set(options.map((one) => one.pointer.split('/')[1] ?? ''))]
  const known = options.some((one) => one.pointer === pointer)
  return (
    <select
      aria-label={label}
      className={`${controls.select} ${styles.setting}`}
      value={pointer}
      onChange={(event) => {
        const chosen = options.find((one) => one.pointer === event.target.value)
        if (chosen) onSetting(chosen)
      }}
    >
      {!known && <option value={pointer}>{humanised(pointer.split('/').at(-1) ?? pointer)}</option>}
      {groups.map((group) => (
        <optgroup key={group} label={group === 'parameters' ? 'Strategy' : (requestField(group).title ?? group)}>
          {options
            .filter((one) => one.pointer.startsWith(`/${group}/`))
            .map((one) => (
              <option key={one.pointer} value={one.pointer}>
                {one.schema.title ?? humanised(one.pointer.split('/').at(-1) ?? '')}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  )
}

interface ValuesProps {
  readonly path: Path
  readonly schema: Schema
  readonly value: Json | undefined
  readonly onValue: (value: Json | undefined) => void
}

/** The values of one setting: boxes to tick where it is a choice, a text of numbers elsewhere. */
export function ValuesField({path, schema, value, onValue}: ValuesProps) {
  const {opening} = useBuilder()
  const plain = withoutNull(schema)
  const options: readonly Json[] | undefined =
    plain.enum ?? (fieldKind(schema) === 'switch' ? [false, true] : undefined)
  const title = `Values of ${(schema.title ?? '').toLowerCase() || 'it'}`
  if (options === undefined)
    return (
      <Field path={path} schema={{title: 'Values', description: HELP, ...unitOnly(plain)}} note={noteOf(value)}>
        {(attributes) => (
          <ValuesText
            key={opening}
            {...attributes}
            aria-label={title}
            schema={schema}
            value={value}
            onValue={onValue}
          />
        )}
      </Field>
    )
  const chosen: readonly Json[] = Array.isArray(value) ? (value as readonly Json[]) : []
  const toggle = (one: Json) => onValue(options.filter((other) => chosen.includes(other) !== (other === one)))
  return (
    <Field path={path} schema={{title}} wide group nameless>
      {() => (
        <div className={controls.checkboxes}>
          {options.map((one) => (
            <label key={String(one)}>
              <input type="checkbox" checked={chosen.includes(one)} onChange={() => toggle(one)} />{' '}
              {typeof one === 'boolean' ? (one ? 'Yes' : 'No') : humanised(String(one))}
            </label>
          ))}
        </div>
      )}
    </Field>
  )
}

const unitOnly = ({'x-unit': unit}: Schema): Schema => (unit === undefined ? {} : {'x-unit': unit})
const noteOf = (value: Json | undefined): string | undefined =>
  isObject(value) && sizeOf(value) > 0 ? `${count(sizeOf(value))} values` : undefined

interface TextProps extends Omit<React.ComponentProps<'input'>, 'value' | 'onChange'> {
  readonly schema: Schema
  readonly value: Json | undefined
  readonly onValue: (value: Json | undefined) => void
}

/** A text that stays as it is typed while somebody is in the box: `21 to` is on its way to a range. */
function ValuesText({schema, value, onValue, ...attributes}: TextProps) {
  const [typed, setTyped] = useState<string | null>(null)
  const plain = withoutNull(schema)
  return (
    <input
      {...attributes}
      type="text"
      autoComplete="off"
      className={controls.text}
      value={typed ?? writeValues(value, plain)}
      onChange={(event) => {
        setTyped(event.target.value)
        onValue(parseValues(event.target.value, plain))
      }}
      onBlur={() => setTyped(null)}
    />
  )
}
