package dev.hone.app;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Help that teaches by examples: those of a command, or of all commands. */
final class Help {
  private Help() {}

  /** Puts the examples into the help of a command and of those below it. */
  static void teach(CommandLine command, Console console) {
    command.setUsageHelpWidth(Math.clamp(console.width(), 60, 120));
    command.setColorScheme(
        CommandLine.Help.defaultColorScheme(
            console.outTerminal() && console.colours()
                ? CommandLine.Help.Ansi.ON
                : CommandLine.Help.Ansi.OFF));
    boolean root = command.getParent() == null;
    UsageMessageSpec usage = command.getCommandSpec().usageMessage();
    String examples = examples(command, Math.clamp(console.width(), 60, 120));
    if (root) {
      usage.sectionMap().put(UsageMessageSpec.SECTION_KEY_SYNOPSIS, help -> examples);
      usage.synopsisHeading("%n");
      usage.optionListHeading("%n");
      usage.commandListHeading("%nCommands:%n");
    } else if (!examples.isEmpty()) {
      usage.sectionMap().put(UsageMessageSpec.SECTION_KEY_FOOTER, help -> examples);
      usage.footerHeading("%nExamples:%n");
    }
    command.getSubcommands().values().forEach(c -> teach(c, console));
  }

  /** What each example does stands behind it, or below it where there is no room. */
  private static String examples(CommandLine command, int columns) {
    List<Example> examples = new ArrayList<>();
    collect(command, examples);
    int line = examples.stream().mapToInt(e -> Columns.of(e.line())).max().orElse(0);
    int does = examples.stream().mapToInt(e -> Columns.of(e.does())).max().orElse(0);
    boolean beside = 2 + line + 3 + does <= columns;
    return examples.stream()
        .map(
            e ->
                beside
                    ? "  " + Columns.padRight(e.line(), line) + "   " + e.does() + "\n"
                    : "  " + e.line() + "\n      " + e.does() + "\n")
        .collect(Collectors.joining());
  }

  /** Those of a command, or the first one of each command below it. */
  private static void collect(CommandLine command, List<Example> examples) {
    Class<?> type = command.getCommandSpec().userObject().getClass();
    List<Example> own = Arrays.asList(type.getAnnotationsByType(Example.class));
    boolean root = command.getParent() == null;
    examples.addAll(own);
    for (CommandLine below : command.getSubcommands().values()) {
      List<Example> more = new ArrayList<>();
      collect(below, more);
      examples.addAll(root ? more.subList(0, Math.min(1, more.size())) : more);
    }
  }
}
