import {useEffect, useId, useRef} from 'react'
import {bytes} from '@/lib/prices'
import {DropZone} from './DropZone'
import {Imported, Refused} from './ImportOutcome'
import {ImportPreview} from './ImportPreview'
import styles from './prices.module.css'
import {useImport} from './useImport'

/** Whether files can be imported here; `elsewhere`: the prices are the service's. */
export type Imports = 'on' | 'off' | 'elsewhere'

interface Props {
  readonly imports: Imports
  readonly mostBytes: number
  readonly onImported: () => void
  readonly onShow: (symbol: string) => void
}

/** How prices of one's own get here, or why they do not. */
export function ImportSection({imports, ...props}: Props) {
  const id = useId()
  return (
    <section className={styles.import} aria-labelledby={id}>
      <h2 id={id}>Import your own</h2>
      {imports === 'on' ? <Importing {...props} /> : <Why imports={imports} />}
    </section>
  )
}

function Why({imports}: {readonly imports: 'off' | 'elsewhere'}) {
  return (
    <p className={styles.off}>
      {imports === 'off' ? (
        <>
          Switched off on this server: what one visitor imports, everybody’s backtests use. If the server is your own,
          start it with <code>BACKTEST_WEB_IMPORT=1</code>, or use the command{' '}
          <code>python -m backtester prices import</code>.
        </>
      ) : (
        <>
          The prices of this page are at the service that runs the backtests. Its operator can import files there, with
          the command <code>python -m backtester prices import</code>.
        </>
      )}
    </p>
  )
}

function Importing({mostBytes, onImported, onShow}: Omit<Props, 'imports'>) {
  const {state, choose, readAs, confirm, cancel} = useImport(mostBytes, onImported)
  const before = useRef<HTMLDivElement>(null)
  const outcome = useRef<HTMLDivElement>(null)
  const {step} = state
  const last = useRef(step)
  useEffect(() => {
    if (step === last.current) return
    last.current = step
    // what had the focus is gone
    if (step === 'idle' || step === 'busy') before.current?.querySelector('button')?.focus()
    else outcome.current?.focus()
  }, [step])
  return (
    <div ref={before}>
      {(step === 'idle' || step === 'imported') && (
        <DropZone onFiles={choose}>
          A CSV file with a date and a close, as most sources export it; at most {bytes(mostBytes)}. It is looked at
          first, and imported when you say so.
        </DropZone>
      )}
      {step === 'busy' && (
        <div className={styles.busy}>
          <span role="progressbar" aria-label={state.doing}>
            {state.doing} …
          </span>
          <button type="button" className="quiet-button" onClick={cancel}>
            Cancel
          </button>
        </div>
      )}
      <div ref={outcome} tabIndex={-1} className={styles.outcome}>
        {step === 'refused' && <Refused state={state} onReadAs={readAs} onOther={cancel} />}
        {step === 'read' && (
          <ImportPreview
            key={`${state.read.file} ${state.read.symbol}`}
            read={state.read}
            onReadAs={readAs}
            onImport={confirm}
            onOther={cancel}
          />
        )}
        {step === 'imported' && <Imported imported={state.imported} onShow={onShow} />}
      </div>
    </div>
  )
}
