package dev.hone.app;

import dev.hone.app.bench.BenchCommand;
import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code hone} command. */
public final class Main {
  /** A mistake of the user that the message explains. */
  private static final int REFUSED = 1;

  /** A bug of ours; the number is EX_SOFTWARE of BSD's sysexits. */
  private static final int BROKEN = 70;

  private final Console console;
  private final Path folder;
  private final CommandLine command;

  @Command(
      name = "hone",
      header = "Hone fine-tunes language models on the JVM.",
      footer = "%nhone COMMAND --help tells more.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  private static final class Root {}

  /**
   * @param folder the working directory, which gets a {@code .hone} folder when something breaks
   * @param commands objects with picocli's {@code @Command}, each a {@code Callable<Integer>}
   */
  Main(Console console, Path folder, List<?> commands) {
    this.console = console;
    this.folder = folder;
    this.command = new CommandLine(new Root());
    commands.forEach(
        c -> command.addSubcommand(new CommandLine(c).addMixin("standard", new StandardOptions())));
    command.setCaseInsensitiveEnumValuesAllowed(true);
    command.setExpandAtFiles(false); // a text may start with '@'
    Help.teach(command, console);
  }

  public static void main(String[] args) {
    Console console = Console.system();
    System.exit(new Main(console, Path.of(""), commands(console)).run(args));
  }

  static List<?> commands(Console console) {
    return List.of(
        new TrainCommand(console),
        new CompareCommand(console),
        new GenerateCommand(console),
        new EvalCommand(console),
        new InspectCommand(console),
        new MethodsCommand(console),
        new MergeCommand(console),
        new CombineCommand(console),
        new ExtractCommand(console),
        new PullCommand(console),
        new PushCommand(console),
        new DoctorCommand(console),
        new BenchCommand(console.out()),
        new CheckCommand(console),
        new SchemaCommand(console));
  }

  /** Options that every command has. */
  @Command(mixinStandardHelpOptions = true, versionProvider = Version.class)
  private static final class StandardOptions {}

  /** Runs one command line and returns the exit status. */
  int run(String... args) {
    command.setOut(new java.io.PrintWriter(console.out(), true));
    command.setParameterExceptionHandler((e, _) -> misused(e));
    command.setExecutionExceptionHandler((e, _, _) -> failed(e, args));
    try {
      if (args.length == 0) {
        command.usage(console.out());
        return CommandLine.ExitCode.OK;
      }
      return command.execute(args);
    } catch (Throwable e) { // errors of the virtual machine pass by the handlers
      return failed(e, args);
    } finally {
      console.out().flush();
    }
  }

  private int misused(ParameterException e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("wrong arguments");
    String hint = "";
    if (e instanceof UnmatchedArgumentException unmatched) {
      List<String> near = unmatched.getSuggestions();
      hint = near.isEmpty() ? "" : " (did you mean '" + near.getFirst() + "'?)";
    }
    String name = e.getCommandLine().getCommandSpec().qualifiedName();
    console.fail(message + hint + "; " + name + " --help shows what it takes");
    return CommandLine.ExitCode.USAGE;
  }

  private int failed(Throwable thrown, String... args) {
    console.out().flush();
    if (thrown instanceof HoneException) {
      console.fail(String.valueOf(thrown.getMessage()));
      return REFUSED;
    }
    String what = "a bug in Hone: " + String.valueOf(thrown).lines().findFirst().orElse("");
    try {
      console.fail(what + "; details in " + CrashLog.write(folder, List.of(args), thrown));
    } catch (IOException e) {
      console.fail(what);
      thrown.printStackTrace(console.err());
    }
    return BROKEN;
  }
}
