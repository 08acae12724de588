import {rmSync} from 'node:fs'

export default function teardown(): void {
  const {E2E_CACHE} = process.env
  if (E2E_CACHE) rmSync(E2E_CACHE, {recursive: true, force: true, maxRetries: 5})
}
