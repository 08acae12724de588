import {useId, useState} from 'react'
import styles from './prices.module.css'

interface Props {
  /** That it was read as; empty where it could not be. */
  readonly symbol: string
  readonly onReadAs: (symbol: string) => void
}

/** Whose prices a file has, where its name does not say it or says it wrong. */
export function SymbolOfFile({symbol, onReadAs}: Props) {
  const id = useId()
  const [text, setText] = useState(symbol)
  const meant = text.trim().toUpperCase()
  return (
    <form
      className={styles.ofFile}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault()
        if (meant !== '') onReadAs(meant)
      }}
    >
      <label htmlFor={id}>Symbol</label>
      <input
        id={id}
        type="text"
        maxLength={20}
        autoCapitalize="characters"
        spellCheck={false}
        placeholder="SPY"
        value={text}
        onChange={(event) => setText(event.target.value.toUpperCase())}
      />
      {meant !== symbol && (
        <button type="submit" className="quiet-button" disabled={meant === ''}>
          Read it as {meant || 'this symbol'}
        </button>
      )}
    </form>
  )
}
