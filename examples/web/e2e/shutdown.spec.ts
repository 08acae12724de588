import {LONG_RUN, STREAM} from './support/page'
import {pythonOf} from './support/processes'
import {type Server, startServer} from './support/server'
import {expect, test} from './support/test'

for (const signal of ['SIGTERM', 'SIGKILL'] as const)
  test(`a server that is ended by ${signal} in the middle of a run leaves no process of Python`, async () => {
    test.skip(process.platform !== 'linux', 'looks into /proc')
    const server: Server = await startServer()
    try {
      const asked = {...LONG_RUN, parameters: {rebalance_frequency: 'daily'}}
      const run = fetch(server.url + STREAM, {method: 'POST', body: JSON.stringify(asked)})
        .then((answer) => answer.text())
        .catch(() => 'broken off')
      const running = async () => {
        const {pool} = (await (await fetch(`${server.url}/api/health`)).json()) as {pool: {running: number}}
        return pool.running
      }
      await expect.poll(running).toBe(1)
      expect(pythonOf(server.cache).length).toBeGreaterThanOrEqual(2)
      const ended = new Promise((resolve) => server.process.once('exit', resolve))
      server.process.kill(signal)
      await ended
      // Asked to end, it finishes what it has begun.
      expect(await run).toMatch(signal === 'SIGTERM' ? /\nevent: result\n/ : /^broken off$/)
      await expect.poll(() => pythonOf(server.cache).map(({name}) => name)).toEqual([])
    } finally {
      await server.end()
    }
  })
