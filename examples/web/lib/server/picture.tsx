import type {BacktestResult} from 'backtest-runner'
import {ImageResponse} from 'next/og'
import type {ReactNode} from 'react'
import {capitalOf} from '@/components/result/sentence'
import {type Headline, headlineOf} from '@/components/share/headline'
import {curvePath, logScale} from '@/lib/curve-path'
import {money} from '@/lib/format'
import {kept} from './kept'

export const SIZE = {width: 1200, height: 630}
const PAD = 64
const CURVE = {width: SIZE.width - 2 * PAD, height: 230}
const MOST_POINTS = 500
const MOST_REMEMBERED = 100
/** The light theme of generated/tokens.css: a picture cannot follow the reader's. */
const COLOURS = {
  page: '#ffffff',
  text: '#1b1f24',
  muted: '#57606b',
  line: '#dfe3e8',
  accent: '#0066a1',
  portfolio: '#0072b2',
  bench: '#7d8792',
}
/**
 * What the picture does not write: its library would ask another host for a letter that its font has not, and for what is
 * drawn as an emoji, such as ©.
 */
const NOT_WRITTEN =
  /[^\u0020-\u007e\u00a0-\u00a8\u00aa-\u00ac\u00af-\u00ff\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u2212]/g

/**
 * A result as a PNG for previews of its link: name, period, three figures, growth on a logarithmic scale. Drawing takes
 * this process some 200 ms, so that the latest are remembered.
 */
export function pictureOf(result: BacktestResult): Promise<ArrayBuffer> {
  const latest = kept('pictures', () => new Map<string, Promise<ArrayBuffer>>())
  const id = result.result_id
  const picture = latest.get(id) ?? drawn(result).arrayBuffer()
  latest.delete(id)
  latest.set(id, picture) // the last place is the latest's
  picture.catch(() => latest.delete(id))
  for (const oldest of [...latest.keys()].slice(0, -MOST_REMEMBERED)) latest.delete(oldest)
  return picture
}

function drawn(result: BacktestResult): ImageResponse {
  const {name, period, figures, benchmark} = headlineOf(result)
  const against = result.benchmark?.series.portfolio_value.length ? `, against ${benchmark} (grey)` : ''
  const legend = `${period}, from ${money(capitalOf(result))}${against}`
  return new ImageResponse(
    <div
      style={{
        display: 'flex',
        flexDirection: 'column',
        justifyContent: 'space-between',
        width: '100%',
        height: '100%',
        padding: `48px ${PAD}px`,
        background: COLOURS.page,
        color: COLOURS.text,
      }}
    >
      <div style={{display: 'flex', flexDirection: 'column', gap: 10}}>
        <div style={{fontSize: 48, lineHeight: 1.15, maxHeight: 112, overflow: 'hidden', display: 'flex'}}>
          {written(name)}
        </div>
        <div style={{fontSize: 26, color: COLOURS.muted, display: 'flex'}}>{written(legend)}</div>
      </div>
      <Curve result={result} />
      <Figures figures={figures} />
    </div>,
    SIZE,
  )
}

function Curve({result}: {result: BacktestResult}): ReactNode {
  const dates = thinned(result.series?.dates ?? [])
  const own = thinned(result.series?.portfolio_value ?? [])
  const others = thinned(result.benchmark?.series.portfolio_value ?? [])
  if (dates.length < 2) return <div style={{height: CURVE.height}} />
  const scale = logScale([...own, ...others], CURVE.height)
  return (
    <svg width={CURVE.width} height={CURVE.height} viewBox={`0 0 ${CURVE.width} ${CURVE.height}`}>
      <path d={`M0 ${CURVE.height}H${CURVE.width}`} fill="none" stroke={COLOURS.line} strokeWidth="2" />
      <path d={curvePath(dates, others, CURVE.width, scale)} fill="none" stroke={COLOURS.bench} strokeWidth="3" />
      <path d={curvePath(dates, own, CURVE.width, scale)} fill="none" stroke={COLOURS.portfolio} strokeWidth="4" />
    </svg>
  )
}

function Figures({figures}: Pick<Headline, 'figures'>): ReactNode {
  return (
    <div style={{display: 'flex', alignItems: 'flex-end', justifyContent: 'space-between'}}>
      <div style={{display: 'flex', gap: 64}}>
        {figures.map(({title, text}) => (
          <div key={title} style={{display: 'flex', flexDirection: 'column', gap: 4}}>
            <div style={{fontSize: 24, color: COLOURS.muted, display: 'flex'}}>{written(title)}</div>
            <div style={{fontSize: 44, display: 'flex'}}>{written(text)}</div>
          </div>
        ))}
      </div>
      <div style={{fontSize: 30, color: COLOURS.accent, display: 'flex'}}>Backtest</div>
    </div>
  )
}

const written = (text: string): string => text.replace(NOT_WRITTEN, '').replaceAll('\u00a0', ' ')

/** Every n-th value, and the last. */
function thinned<T>(values: readonly T[]): T[] {
  const step = Math.ceil(values.length / MOST_POINTS)
  return values.filter((_, index) => index % step === 0 || index === values.length - 1)
}
