'use client'

import {Swatch} from '../charts/Swatch'
import {colourOf, type Run} from './run'
import ui from './ui.module.css'

/** Which of several runs a part of the page is about; the same for all parts. */
export function RunPicker({
  runs,
  value,
  onChange,
}: {
  runs: readonly Run[]
  value: string
  onChange: (id: string) => void
}) {
  return (
    <div className={ui.pills} role="group" aria-label="Run">
      {runs.map((run) => (
        <button
          key={run.id}
          type="button"
          className={ui.button}
          aria-pressed={run.id === value}
          onClick={() => onChange(run.id)}
        >
          <Swatch colour={colourOf(run, runs)} box />
          {run.name}
        </button>
      ))}
    </div>
  )
}
