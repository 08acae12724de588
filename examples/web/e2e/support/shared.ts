import {join} from 'node:path'
import type {Page} from '@playwright/test'
import type {BacktestResult} from 'backtest-runner'
import {runDirectly} from './runner'
import type {Server} from './server'
import {expect} from './test'

/** Where the servers of these tests keep what is shared. */
export const folderOf = (name: string): string => join(process.env.E2E_CACHE ?? '', name)

export const keepButton = (page: Page) => page.getByRole('button', {name: 'Keep and share'})
export const receipt = (page: Page) => page.getByRole('region', {name: /^Receipt/})
export const addressOf = (id: string, server: Server) => `${server.url}/r/${id}`
export const documentAt = (id: string, server: Server) => `${server.url}/api/results/${id}`

export const post = (id: string, request: object | string, server: Server) =>
  fetch(documentAt(id, server), {
    method: 'POST',
    body: typeof request === 'string' ? request : JSON.stringify(request),
  })

/** Shares the result of a request as a program does. */
export async function share(request: object, server: Server): Promise<BacktestResult> {
  const result = await runDirectly(request)
  const answer = await post(result.result_id, request, server)
  expect(answer.status, await answer.clone().text()).toBe(201)
  return result
}
