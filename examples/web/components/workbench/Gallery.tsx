'use client'

import {Suspense, use} from 'react'
import {LINK_PARAMETER, writeLink} from '@/lib/link'
import {PRESETS, type Preset} from '@/lib/presets'
import type {Sparkline} from '@/lib/server/sparklines'
import styles from './Gallery.module.css'

export type Sparklines = Readonly<Record<string, Promise<Sparkline | null>>>

interface Props {
  readonly sparklines: Sparklines
  readonly onChoose: (preset: Preset) => void
  /** Somebody is about to choose one. */
  readonly onNear: () => void
}

/** What stands where the result will be: requests to begin with, one click from a result. */
export function Gallery({sparklines, onChoose, onNear}: Props) {
  return (
    <section aria-labelledby="gallery-heading" className={styles.gallery}>
      <h1 id="gallery-heading">Try a strategy on past prices</h1>
      <p className={styles.intro}>
        See how a portfolio would have done: what it earned, how far it fell, what it held and traded. Start with one of
        these, then change anything; or fill in the form.
      </p>
      <ul className={styles.cards}>
        {PRESETS.map((preset) => (
          <li key={preset.id}>
            <a
              href={`/?${LINK_PARAMETER}=${writeLink([preset])}`} // leads there before the page's script does, too
              className={styles.card}
              onPointerEnter={onNear}
              onFocus={onNear}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey || event.shiftKey) return
                event.preventDefault()
                onChoose(preset)
              }}
            >
              <strong>{preset.name}</strong>
              <span className={styles.line}>{preset.line}</span>
              <Suspense fallback={<Drawing sparkline={null} />}>
                <Awaited sparkline={sparklines[preset.id]} />
              </Suspense>
              <small>{spanOf(preset)}</small>
              {preset.chosenToday && <small className={styles.mark}>Companies chosen today, with hindsight</small>}
              <Suspense fallback={<small>{NOTHING}</small>}>
                <Dividends sparkline={sparklines[preset.id]} />
              </Suspense>
            </a>
          </li>
        ))}
      </ul>
      <p className={styles.intro}>
        <small>
          Blue is the portfolio, grey the S&amp;P 500 index, growth on a logarithmic scale. All of it is past; none of
          it is advice. Companies chosen today are those that did well, which nobody knew then. An index without its
          dividends looks weaker than an investment in it was.
        </small>
      </p>
    </section>
  )
}

function Awaited({sparkline}: {readonly sparkline: Promise<Sparkline | null> | undefined}) {
  return <Drawing sparkline={sparkline === undefined ? null : use(sparkline)} />
}

const NOTHING = '\u00a0' // the space is taken before it is known

/** Whether the grey line is compared like with like. */
function Dividends({sparkline}: {readonly sparkline: Promise<Sparkline | null> | undefined}) {
  const found = sparkline === undefined ? null : use(sparkline)
  return (
    <small className={styles.mark}>{found?.withoutDividends ? 'Grey: an index without its dividends' : NOTHING}</small>
  )
}

/** The run in miniature. The space is taken before it is there. */
function Drawing({sparkline}: {readonly sparkline: Sparkline | null}) {
  return (
    <>
      <svg className={styles.sparkline} viewBox="0 0 120 32" preserveAspectRatio="none" aria-hidden="true">
        {sparkline?.benchmark != null && <path className={styles.benchmark} d={sparkline.benchmark} />}
        {sparkline !== null && <path className={styles.portfolio} d={sparkline.portfolio} />}
      </svg>
      <span className={styles.figures}>
        <span>
          {percent(sparkline?.annualReturn, '+')}
          <small>a year</small>
        </span>
        <span>
          {percent(sparkline?.maxDrawdown, '')}
          <small>at worst</small>
        </span>
      </span>
    </>
  )
}

function percent(value: number | null | undefined, plus: string): string {
  if (value === null || value === undefined) return '—'
  return `${value > 0 ? plus : ''}${(value * 100).toFixed(1).replace('-', '−')} %`
}

function spanOf({draft}: Preset): string {
  return `${String(draft.start_date).slice(0, 4)} to ${String(draft.end_date).slice(0, 4)}`
}
