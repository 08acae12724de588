'use client'

import {createContext} from 'react'

/** Whether the server makes reports: one without Python does not. */
export const ReportsOffered = createContext(true)
