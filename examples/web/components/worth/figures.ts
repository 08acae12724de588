/** What the schema says of the answers of analysis: loaded with what shows them. */
import figures from '@/generated/analysis-figures.json'
import {addFigures} from '../result/lookup'

addFigures(figures)
