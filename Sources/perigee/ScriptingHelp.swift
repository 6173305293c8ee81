/// `perigee help scripting`: a way through, in commands that work as they stand; a test runs them.
enum ScriptingHelp {
  static let text = """
    Scripts in Lua 5.4 decide when to act, what counts, and what is done. A way through, in five minutes;
    the lines that begin with $ are for a shell in an empty folder.

    1. Write a predicate: it says whether a trigger may fire, and why.

      $ mkdir scripts && perigee stubs scripts
      $ cat > scripts/crowded.lua <<'END'
      -- kind: predicate
      -- description: Hold until many tickets are open
      return function(ctx)
        local open = ctx:count("tickets", {status = "open"})
        ctx:explain("open", open)
        return open >= 80, open .. " tickets are open"
      end
      END

    2. Test it. Each test has a store and a clock of its own; no server is needed.

      $ cat > scripts/crowded_test.lua <<'END'
      test("holds while few are open", function(t)
        t:documents("tickets", {{document_id = "a", status = "open"}, {document_id = "b", status = "closed"}})
        local run = t:run()
        t:equal(run.value, false)
        t:equal(run.reason, "1 tickets are open")
      end)
      END
      $ perigee scripts check scripts
      $ perigee scripts test scripts

    3. Push it. It becomes active when its tests pass; each change is a version that can be restored.

      $ perigee example seed | perigee run -
      $ perigee scripts push scripts

    4. Name it in a trigger, and see why it held.

      $ cat > alarm.lua <<'END'
      local alarm = perigee.triggers.create{
        name = "alarm", action_type = "script", action_config = {script = "return perigee.kv.incr('alarms')"},
        trigger_type = "interval", schedule_config = {interval_seconds = 1, predicate = {name = "crowded"}},
      }
      perigee.triggers.wait(alarm.trigger_id)
      END
      $ perigee run alarm.lua
      $ perigee trigger why alarm

    5. Change it, and see it fire.

      $ sed -i 's/open >= 80/open >= 50/' scripts/crowded.lua
      $ perigee scripts push scripts -m "eighty was too many"
      $ cat > wait.lua <<'END'
      repeat perigee.sleep(0.05) until perigee.kv.get("alarms")
      print("it fired: " .. perigee.kv.get("alarms"))
      END
      $ perigee run wait.lua
      $ perigee trigger why alarm
      $ perigee scripts show crowded --versions

    Kinds       predicate, filter, hook, action, metric, batch, module, test: 'perigee examples' has some of each
    Library     'perigee stubs --print', or ':functions' in 'perigee repl'
    By hand     'perigee scripts watch scripts' pushes at every save; 'perigee run FILE.lua --dry-run' changes nothing
    Limits      predicates and filters 100 ms and 16 MiB, hooks and actions 30 s and 64 MiB, batch scripts as you say

    """
}
