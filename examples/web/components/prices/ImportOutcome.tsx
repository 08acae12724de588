import {backtestOf, type ImportedPrices, spanText} from '@/lib/prices'
import styles from './prices.module.css'
import {SymbolOfFile} from './SymbolOfFile'
import type {RefusedState} from './useImport'

interface RefusedProps {
  readonly state: RefusedState
  readonly onReadAs: (symbol: string) => void
  readonly onOther: () => void
}

/** Why a file cannot be imported as it is, and what may help. */
export function Refused({state, onReadAs, onOther}: RefusedProps) {
  const {name, detail, remedy, readable} = state
  return (
    <div className={styles.refused}>
      <div role="alert">
        <h3>{name} was not imported</h3>
        <p>
          {detail} {remedy}
        </p>
      </div>
      {readable && <SymbolOfFile symbol="" onReadAs={onReadAs} />}
      <p className={styles.actions}>
        <button type="button" className="quiet-button" onClick={onOther}>
          Choose another file
        </button>
      </p>
    </div>
  )
}

interface ImportedProps {
  readonly imported: ImportedPrices
  readonly onShow: (symbol: string) => void
}

export function Imported({imported, onShow}: ImportedProps) {
  const {symbol} = imported
  return (
    <div className={styles.imported}>
      <h3>{symbol} was imported</h3>
      <p role="status">
        {spanText(imported)}. Every backtest of this server uses them from now on. The command{' '}
        <code>python -m backtester prices remove {symbol}</code> takes them away again.
      </p>
      <p className={styles.actions}>
        <a className={styles.primary} href={backtestOf(imported)}>
          Use {symbol} in a backtest
        </a>
        <button type="button" className="quiet-button" onClick={() => onShow(symbol)}>
          Show it in the list
        </button>
      </p>
    </div>
  )
}
