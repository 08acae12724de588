/** The questions beside a result, as the form first asks them. */
import {firstAxes, settingsOf} from './axis-values'
import {valueAt} from './pointer'
import type {Json, JsonObject, Schema} from './schema/types'
import {firstVariations} from './variations'

/** A question as it is first asked: with settings around those of the portfolio. */
export function firstAsked(key: string, draft: JsonObject, parameters: Schema | undefined): Json {
  const settings = settingsOf(draft, parameters, key)
  if (key === 'compare') {
    const often = settings.find(({pointer}) => pointer === '/parameters/rebalance_frequency') ?? settings[0]
    return often === undefined ? [] : firstVariations(often, draft)
  }
  if (key !== 'sweep' && key !== 'walk_forward') return {}
  const other = valueAt(draft, ['analysis', key === 'sweep' ? 'walk_forward' : 'sweep', 'over'])
  const movable = Object.entries((other as JsonObject | undefined) ?? {}).filter(([pointer]) =>
    settings.some((one) => one.pointer === pointer),
  )
  return {over: movable.length > 0 ? Object.fromEntries(movable) : firstAxes(settings, draft)}
}
