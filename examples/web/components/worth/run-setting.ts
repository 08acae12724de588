'use client'

import {createContext} from 'react'
import type {Json} from '@/lib/schema/types'

/** Runs a portfolio again with other settings, by their pointers; null where it cannot be asked for. */
export type RunSetting = (id: string, settings: readonly (readonly [string, Json])[]) => void

export const RunSettingContext = createContext<RunSetting | null>(null)
