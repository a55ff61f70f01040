import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../dsl/diagnostics/faults.ts'
import { chooseEngine, engineNames, tryEngine } from '../../runtime/engine/mod.ts'

for (const name of engineNames)
  test(`the engine ${name} is chosen where it is available, and refused with the reason elsewhere`, async () => {
    const { available, detail } = await tryEngine(name)
    const chosen: unknown = await chooseEngine(name, 3).catch(error => error)
    if (available) assert.equal(chosen, { name, ...chosenFields(name) })
    else {
      assert.ok(chosen instanceof Refusal, `${chosen}`)
      assert.is(chosen.message, `The engine '${name}' is not available here: ${detail}`)
    }
  })

const chosenFields = (name: (typeof engineNames)[number]) =>
  name === 'native' ? { provider: 'cpu', threads: 3, eager: 'tensorflow' } : { provider: name, threads: 3 }

test.run()
