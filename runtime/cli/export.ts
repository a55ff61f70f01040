/** `terroir export`: a trained model as a folder for other programs, and embeddings of a dataset by it. */
import { Command, Option } from 'commander'
import type { EngineName } from '../../dsl/recipe.ts'
import { type ExportOptions, exportModel } from '../app/export_model.ts'
import { engineNames } from '../kinds/context.ts'
import { onInterruption } from './interruption.ts'
import { openProgress } from './live/progress_line.ts'
import { setOption, storeOption } from './options.ts'
import { exitCodes, printLine, tellDiagnostics, tellLine } from './print.ts'

interface ExportFlags {
  readonly to: string
  readonly embeddings?: string
  readonly weights: ExportOptions['weights']
  readonly engine?: EngineName
  readonly set?: readonly string[]
  readonly store?: string
}

const examples = `
Examples:
  terroir export recipe.yaml pretrain --to my-model
  terroir export recipe.yaml pretrain.mix --to my-model --weights last
  terroir export recipe.yaml localise --to my-model --embeddings places.test

The folder holds weights (safetensors), sizes, tokenizer.json and a README that
says how images and texts go in; with --embeddings also embeddings.parquet: key,
kind (image or text), caption, and the embedding as a list of floats.

Only results that are done are exported; nothing is overwritten. An export that
is interrupted leaves nothing; the next one removes what a killed one has left.

Exit codes: 0 ok, 1 a stage is not done or the folder is taken, 2 bad recipe or
usage, 130 interrupted.`

/** The command. */
export function command(): Command {
  return new Command('export')
    .description('Writes a trained model as a folder for other programs, and embeddings of a dataset by it.')
    .argument('<recipe>', 'recipe file')
    .argument('<model>', 'a training run or distillation, a phase or round of one, or a model that comes with weights')
    .requiredOption('--to <folder>', 'folder to make')
    .option('--embeddings <data>', 'a source, a filter or a split of one: write embeddings of its images and captions')
    .addOption(
      new Option('--weights <which>', 'of a model that keeps an average over training: that, or the last step')
        .choices(['average', 'last'])
        .default('average'),
    )
    .addOption(new Option('--engine <name>', 'compute embeddings with this engine').choices(engineNames))
    .addOption(setOption())
    .addOption(storeOption())
    .addHelpText('after', examples)
    .action(exportTo)
}

async function exportTo(recipe: string, model: string, flags: ExportFlags): Promise<void> {
  const stop = new AbortController()
  const view = openProgress(process.stderr, 'embeddings')
  const interruptions = onInterruption(() => stop.abort(), 'Ended at once; the next export removes what was written')
  const result = await exportModel(recipe, model, {
    ...flags,
    onWarnings: tellDiagnostics,
    onProgress: view.show,
    signal: stop.signal,
  })
    .catch(error => {
      if (!stop.signal.aborted) throw error
    })
    .finally(() => {
      interruptions.close()
      view.close()
    })
  if (result === undefined) {
    tellLine('The export was stopped; nothing of it is left')
    process.exitCode = exitCodes.interrupted
    return
  }
  const { stage, parameters, embeddings } = result
  const lines = [`${stage}, ${parameters.toLocaleString('en')} parameters`]
  if (embeddings !== undefined) {
    const [images, texts] = [embeddings.images, embeddings.texts].map(count => count.toLocaleString('en'))
    lines.push(`embeddings of ${images} images and ${texts} texts of ${flags.embeddings}`)
  }
  printLine(`Wrote ${flags.to}: ${lines.join('; ')}`)
}
