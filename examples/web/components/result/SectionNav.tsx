'use client'

import {type MouseEvent, type RefObject, useEffect, useRef, useState} from 'react'
import styles from './SectionNav.module.css'

interface Entry {
  readonly id: string
  readonly title: string
}

/** Links to the sections of `root`, in sight wherever one reads; the section that is being read is marked. */
export function SectionNav({root}: {root: RefObject<HTMLElement | null>}) {
  const bar = useRef<HTMLElement>(null)
  const chosen = useRef<string | null>(null)
  const entries = useEntries(root)
  const [current, setCurrent] = useState<string | null>(null)

  useEffect(() => {
    const look = () => setCurrent(currentOf(entries, bar.current?.getBoundingClientRect().bottom ?? 0, chosen))
    look()
    addEventListener('scroll', look, {passive: true})
    addEventListener('resize', look)
    return () => {
      removeEventListener('scroll', look)
      removeEventListener('resize', look)
    }
  }, [entries])

  useEffect(() => {
    const list = bar.current
    const link = current && list?.querySelector<HTMLElement>('[aria-current]')
    if (list && link) list.scrollTo({left: link.offsetLeft - (list.clientWidth - link.offsetWidth) / 2})
  }, [current])

  const go = (event: MouseEvent, id: string) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault() // the address says what is run, not what is read
    chosen.current = id
    setCurrent(id)
    const section = document.getElementById(id)
    section?.focus({preventScroll: true}) // the Tab key goes on from there
    section?.scrollIntoView()
  }
  return (
    <nav ref={bar} className={styles.nav} aria-label="Sections of the result">
      <ul>
        {entries.map(({id, title}) => (
          <li key={id}>
            <a
              href={`#${id}`}
              aria-current={id === current ? 'location' : undefined}
              onClick={(event) => go(event, id)}
              onFocus={(event) => event.currentTarget.scrollIntoView({block: 'nearest', inline: 'nearest'})}
            >
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** The sections that there are, in their order: some come when their script is loaded, or with another result. */
function useEntries(root: RefObject<HTMLElement | null>): readonly Entry[] {
  const [entries, setEntries] = useState<readonly Entry[]>([])
  useEffect(() => {
    const area = root.current
    if (!area) return
    const read = () => {
      const found = [...area.querySelectorAll<HTMLElement>('section[data-section]')].map(({id, dataset}) => ({
        id,
        title: dataset.section ?? '',
      }))
      setEntries((now) => (now.map(({id}) => id).join() === found.map(({id}) => id).join() ? now : found))
    }
    read()
    const observer = new MutationObserver(read)
    observer.observe(area, {childList: true})
    return () => observer.disconnect()
  }, [root])
  return entries
}

const NEAR = 120 // px below the bar: a section begins to be read before its heading is at the top

/** The last section that begins above the place where one reads; the one that was chosen as long as it is in sight. */
function currentOf(entries: readonly Entry[], top: number, chosen: {current: string | null}): string | null {
  const places = entries.map(({id}) => ({id, from: document.getElementById(id)?.getBoundingClientRect().top ?? 0}))
  const wanted = places.find(({id}) => id === chosen.current)
  if (wanted && wanted.from > top - NEAR && wanted.from < innerHeight - NEAR) return wanted.id
  chosen.current = null
  const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 2
  return (end ? places.at(-1) : (places.findLast(({from}) => from < top + NEAR) ?? places[0]))?.id ?? null
}
