package dev.hone.app;

import dev.hone.error.HoneException;
import dev.hone.run.Trials;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@code hone train} as a process of its own, with the options of this one. */
final class ChildProcess implements Trials.Process {
  /** What a virtual machine reports that was ended by Ctrl-C or by a shutdown. */
  private static final Set<Integer> STOPPED = Set.of(130, 143);

  @Override
  public Optional<String> train(Path recipe, Path log) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add("-Dhone.terminals=");
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "train"));
    command.add(recipe.toString());
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(recipe.toFile()))
              .start();
      // It writes a checkpoint when this process is ended; otherwise it would go on alone.
      Thread hook = Thread.ofPlatform().unstarted(process::destroy);
      Runtime.getRuntime().addShutdownHook(hook);
      int status = process.waitFor();
      if (STOPPED.contains(status)) {
        throw new HoneException("stopped; the same command goes on where it was");
      }
      Runtime.getRuntime().removeShutdownHook(hook);
      return status == 0 ? Optional.empty() : Optional.of(wrong(status, log));
    } catch (IOException e) {
      throw new HoneException("cannot start " + command.getFirst() + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoneException("interrupted while a trial ran; the same command goes on", e);
    }
  }

  private static String wrong(int status, Path log) throws IOException {
    return Files.readAllLines(log).stream()
        .filter(line -> line.startsWith(Console.FAILURE))
        .map(line -> line.substring(Console.FAILURE.length()))
        .reduce((first, last) -> last)
        .orElse("ended with status " + status + "; what it said is in " + log);
  }
}
