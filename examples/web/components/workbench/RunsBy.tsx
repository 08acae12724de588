'use client'

import {useSyncExternalStore} from 'react'
import {liveConnection, type Service} from '@/lib/transport'
import {chooseWay, chosenWay, onWay, WAYS, type Way} from '@/lib/way'
import styles from './RunsBy.module.css'

const NAMES: Record<Way, string> = {server: 'This server', rest: 'REST', queue: 'Queue', live: 'Live'}
const MEANING: Record<Way, string> = {
  server: 'A process beside this page works on it.',
  rest: 'One request to the service, for short runs. No progress.',
  queue: 'A job for the service’s workers, with its progress.',
  live: 'The same over one open connection (Socket.IO).',
}
const CONNECTION = {
  disconnected: 'Connects with the next run',
  connecting: 'Connecting…',
  connected: 'Connected',
  closed: 'Closed',
} as const

interface Props {
  readonly service: Service
  /** Whether this page's own server passes runs on to the service, too. */
  readonly forwards: boolean
}

/** Which way the runs go. There is a choice only where a service is set up. */
export function RunsBy({service, forwards}: Props) {
  const way = useSyncExternalStore(onWay, chosenWay, () => 'server' as const)
  return (
    <details className={styles.settings}>
      <summary>
        <span>Runs by</span>
        <span className={styles.chosen}>{NAMES[way]}</span>
      </summary>
      <fieldset>
        <legend className="visually-hidden">Runs by</legend>
        {WAYS.map((one) => (
          <label key={one}>
            <input type="radio" name="runs-by" value={one} checked={way === one} onChange={() => chooseWay(one)} />
            <span className={styles.name}>
              {NAMES[one]}
              {one === 'live' && way === 'live' && <Connection />}
            </span>
            <small>{one === 'server' && forwards ? 'It passes the run on to the service.' : MEANING[one]}</small>
          </label>
        ))}
        <p className={styles.where}>
          The service is at <span>{new URL(service.api).host}</span>
          {new URL(service.sockets).host !== new URL(service.api).host && (
            <>
              , live updates at <span>{new URL(service.sockets).host}</span>
            </>
          )}
          .
        </p>
      </fieldset>
    </details>
  )
}

function Connection() {
  const state = useSyncExternalStore(liveConnection.subscribe, liveConnection.state, () => 'disconnected' as const)
  return (
    <span role="status" className={styles.connection} data-state={state}>
      {CONNECTION[state]}
    </span>
  )
}
