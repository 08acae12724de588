import {headers} from 'next/headers'
import {getSettings} from './settings'

/** The address of this site: the operator's, else as this visitor names it. */
export async function siteOrigin(): Promise<string> {
  const {origin} = getSettings()
  if (origin !== null) return origin
  const asked = await headers()
  const protocol = asked.get('x-forwarded-proto')?.split(',')[0]?.trim() === 'https' ? 'https' : 'http' // anybody may send any
  const named = `${protocol}://${asked.get('host')}`
  return URL.canParse(named) ? new URL(named).origin : 'http://localhost'
}
