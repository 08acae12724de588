import {accessSync, constants} from 'node:fs'
import {delimiter, join} from 'node:path'

const USUAL = '/usr/bin/chromium'
const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** The browser of this system: CHROMIUM_PATH, or where systems have it. */
export function chromiumPath(): string {
  const {CHROMIUM_PATH, PATH = ''} = process.env
  if (CHROMIUM_PATH) {
    if (isProgram(CHROMIUM_PATH)) return CHROMIUM_PATH
    throw new Error(`CHROMIUM_PATH is ${CHROMIUM_PATH}, which is no program`)
  }
  const folders = PATH.split(delimiter).filter(Boolean)
  const found = [USUAL, ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))].find(isProgram)
  if (found !== undefined) return found
  throw new Error(`there is no Chromium: install one (\`make system\` does), or set CHROMIUM_PATH to it`)
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
