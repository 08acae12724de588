/** Cases that the runner's tests run over, too: name by name, what is given and what is expected. */
import {readFileSync} from 'node:fs'

type Cases = Record<string, [given: unknown[], expected: unknown][]>

export const cases = (name: string): Cases =>
  JSON.parse(readFileSync(new URL(`../../../../tests/support/${name}.json`, import.meta.url), 'utf8'))

export const inCamelCase = (name: string): string => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())
