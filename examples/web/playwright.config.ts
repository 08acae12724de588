import {mkdtempSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {defineConfig} from '@playwright/test'
import {chromiumPath} from './e2e/support/chromium'
import {freePort, serverCommand, serverEnv} from './e2e/support/server'

// Every process of Playwright reads this file; the first one decides, and the others inherit what it decided.
process.env.E2E_PORT ??= String(await freePort())
process.env.E2E_CACHE ??= mkdtempSync(join(tmpdir(), 'backtest-e2e-'))
const port = Number(process.env.E2E_PORT)

/** The whole page in a real Chromium, on a server of its own: `npm run build` comes first. */
export default defineConfig({
  testDir: 'e2e',
  globalTeardown: './e2e/support/teardown.ts',
  workers: 1,
  retries: 0,
  timeout: 120_000, // far more than any takes, so that only a hang reaches it
  expect: {timeout: 20_000},
  reporter: 'list',
  forbidOnly: Boolean(process.env.CI),
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    viewport: {width: 1280, height: 900},
    locale: 'en-US',
    colorScheme: 'light',
    trace: 'off',
    screenshot: 'only-on-failure',
    permissions: ['clipboard-read', 'clipboard-write'],
    launchOptions: {
      executablePath: chromiumPath(),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  webServer: {
    command: serverCommand(port),
    url: `http://127.0.0.1:${port}/api/health`,
    env: serverEnv(process.env.E2E_CACHE),
    reuseExistingServer: false,
    timeout: 60_000,
    stdout: 'ignore',
    stderr: 'pipe',
    gracefulShutdown: {signal: 'SIGTERM', timeout: 5000},
  },
})
