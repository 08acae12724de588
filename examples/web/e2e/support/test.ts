import {
  type BrowserContext,
  type BrowserContextOptions,
  test as base,
  type ConsoleMessage,
  expect,
} from '@playwright/test'

interface Fixtures {
  /** Everything that a page has complained of, and every request to another host; it has to be empty at the end. */
  readonly faults: string[]
  /** Another visitor: nothing stored, and watched as the first one is. `hosts`: where else the page may ask. */
  readonly newVisitor: (options?: VisitorOptions) => Promise<BrowserContext>
}

interface VisitorOptions extends BrowserContextOptions {
  readonly hosts?: readonly string[]
}

/** Playwright's `test`, which fails on any console error or warning, page error, or request to another host. */
export const test = base.extend<Fixtures>({
  faults: async ({}, use) => {
    const faults: string[] = []
    await use(faults)
    expect(faults).toEqual([])
  },
  context: async ({context, baseURL, faults}, use) => {
    watch(context, [new URL(baseURL ?? '').host], faults)
    await use(context)
  },
  newVisitor: async ({browser, contextOptions, baseURL, faults}, use) => {
    const opened: BrowserContext[] = []
    await use(async ({hosts = [], ...options} = {}) => {
      const context = await browser.newContext({...contextOptions, ...options})
      watch(context, [new URL(options.baseURL ?? baseURL ?? '').host, ...hosts], faults)
      opened.push(context)
      return context
    })
    await Promise.all(opened.map((context) => context.close()))
  },
})

function watch(context: BrowserContext, hosts: readonly string[], faults: string[]): void {
  const onConsole = (message: ConsoleMessage) => {
    if (['error', 'warning', 'assert'].includes(message.type())) faults.push(`console: ${message.text()}`)
  }
  context.on('console', onConsole)
  context.on('weberror', (error) => faults.push(`page: ${error.error().stack ?? error.error().message}`))
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (!['blob:', 'data:'].includes(url.protocol) && !hosts.includes(url.host))
      faults.push(`request: ${request.url()}`)
  })
}

export {expect}
