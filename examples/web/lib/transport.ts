import {BacktestClient, type BacktestTransport, createHttpTransport} from 'backtest-runner'
import type {BacktestWebSocket, ConnectionState} from 'backtest-runner/socket'
import {tokenSource} from './token'
import type {Way} from './way'

/*
 * How the page reaches the runner, and the only place that knows. A transport is one function,
 * `(request, {signal, onProgress}) => Promise<BacktestResult>`: another one goes here.
 */

/** The service, as browsers reach it. */
export interface Service {
  readonly api: string
  readonly sockets: string
}

/** By this page's own server, and whatever that runs it with. */
const server = createHttpTransport({url: '/api/python-backtest', streamUrl: '/api/python-backtest/stream'})
const token = tokenSource()

let client: BacktestClient | undefined
let socket: Promise<BacktestWebSocket> | undefined
let connection: ConnectionState = 'disconnected'
const listeners = new Set<() => void>()

export function transportFor(way: Way, service: Service | null): BacktestTransport {
  if (way === 'server' || service === null) return server
  if (way === 'live') return async (request, options) => (await liveSocket(service))(request, options)
  client ??= new BacktestClient({url: service.api, token})
  return client.transport(way)
}

/** The state of the live connection, for `useSyncExternalStore`. */
export const liveConnection = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  state: (): ConnectionState => connection,
}

/** One connection a page; its script is loaded when it is first used. */
function liveSocket({sockets}: Service): Promise<BacktestWebSocket> {
  socket ??= import('backtest-runner/socket').then(({createBacktestWebSocket}) => {
    const made = createBacktestWebSocket({url: sockets, token})
    made.onConnection((state) => {
      connection = state
      for (const listener of listeners) listener()
    })
    return made
  })
  socket.catch(() => {
    socket = undefined // the next run tries again
  })
  return socket
}
