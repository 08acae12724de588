import {type ReactNode, useEffect, useId, useRef, useState} from 'react'
import styles from './prices.module.css'

interface Props {
  readonly onFiles: (files: readonly File[]) => void
  /** What can be dropped. */
  readonly children: ReactNode
}

/** A place to drop a file on; pressed, it opens the choice of files. */
export function DropZone({onFiles, children}: Props) {
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const about = useId()
  useEffect(() => {
    const keep = (event: DragEvent) => event.preventDefault() // beside the zone a browser would open the file instead
    addEventListener('dragover', keep)
    addEventListener('drop', keep)
    return () => {
      removeEventListener('dragover', keep)
      removeEventListener('drop', keep)
    }
  }, [])
  return (
    <>
      <button
        type="button"
        className={styles.drop}
        data-over={over || undefined}
        aria-describedby={about}
        onClick={() => input.current?.click()}
        onDragEnter={() => setOver(true)}
        onDragOver={(event) => {
          event.preventDefault()
          event.dataTransfer.dropEffect = 'copy'
        }}
        onDragLeave={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
        }}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          onFiles([...event.dataTransfer.files])
        }}
      >
        <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M12 16V4m0 0 5 5m-5-5L7 9M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3" />
        </svg>
        <span>
          <strong>Choose a CSV file</strong>
          <span className={styles.byMouse}> or drop it here</span>
        </span>
      </button>
      <p id={about} className={styles.note}>
        {children}
      </p>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="CSV file of prices"
        accept=".csv,.gz,.tsv,.txt,text/csv"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])]
          event.target.value = '' // the same file may be chosen again
          onFiles(files)
        }}
      />
    </>
  )
}
