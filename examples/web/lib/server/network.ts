import type {Network} from '@/lib/symbols'
import {getSettings} from './settings'

/**
 * The network source that a run on this server may ask, from the runner's own settings; null where it asks none,
 * undefined where a service decides.
 */
export function networkSource(): Network {
  if (getSettings().mode === 'api') return undefined
  const {BACKTEST_OFFLINE: offline = '', BACKTEST_SOURCE: source} = process.env
  return ['1', 'true', 'yes', 'on'].includes(offline.toLowerCase()) ? null : source || 'yahoo'
}
