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
    String examples = examples(command);
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

  private static String examples(CommandLine command) {
    List<Example> examples = new ArrayList<>();
    collect(command, examples);
    int width = examples.stream().mapToInt(e -> Columns.of(e.line())).max().orElse(0);
    return examples.stream()
        .map(e -> "  " + Columns.padRight(e.line(), width) + "   " + e.does() + "\n")
        .collect(Collectors.joining());
  }

  private static void collect(CommandLine command, List<Example> examples) {
    Class<?> type = command.getCommandSpec().userObject().getClass();
    examples.addAll(Arrays.asList(type.getAnnotationsByType(Example.class)));
    command.getSubcommands().values().forEach(c -> collect(c, examples));
  }
}
