import {fileURLToPath} from 'node:url'
import type {NextConfig} from 'next'

/** What every answer carries; the policy for scripts, which needs a nonce a page, is set in proxy.ts. */
const SECURITY_HEADERS = [
  {key: 'X-Content-Type-Options', value: 'nosniff'},
  {key: 'X-Frame-Options', value: 'DENY'},
  {key: 'Referrer-Policy', value: 'same-origin'},
  {key: 'Cross-Origin-Opener-Policy', value: 'same-origin'},
  {key: 'Cross-Origin-Resource-Policy', value: 'same-origin'},
  {key: 'Permissions-Policy', value: 'camera=(), geolocation=(), microphone=()'},
]

const root = fileURLToPath(new URL('.', import.meta.url))

const config: NextConfig = {
  ...(process.env.BUILD_STANDALONE === '1' && {output: 'standalone' as const}), // for images; `next start` serves the other kind
  poweredByHeader: false,
  reactStrictMode: true,
  // The repository has other lock files; without these two Next would take its root for the app's.
  outputFileTracingRoot: root,
  turbopack: {root},
  // It starts child processes and finds its files beside itself: loaded as it is, never bundled.
  serverExternalPackages: ['backtest-runner'],
  // The head comes with the page for everybody: no program that makes a preview of a link waits for what comes after it.
  htmlLimitedBots: /.*/,
  headers: async () => [
    {source: '/:path*', headers: SECURITY_HEADERS},
    // The picture for previews is for other sites' pages.
    {source: '/r/:id/opengraph-image', headers: [{key: 'Cross-Origin-Resource-Policy', value: 'cross-origin'}]},
  ],
}

export default config
