package dev.hone.app;

import java.io.PrintStream;

/**
 * Where a command writes: results to {@code out}, progress and errors to {@code err}.
 *
 * @param outTerminal a person reads {@code out}; otherwise it is a file or a pipe
 * @param errTerminal likewise for {@code err}
 * @param colours the person's terminal knows colours, and NO_COLOR does not forbid them
 * @param width columns of the terminal
 */
record Console(
    PrintStream out,
    PrintStream err,
    boolean outTerminal,
    boolean errTerminal,
    boolean colours,
    int width) {

  /** What the line of an error begins with. */
  static final String FAILURE = "hone: ";

  private static final int USUAL_WIDTH = 100;

  /**
   * The process's own streams. The launcher says which of them are terminals ({@code
   * hone.terminals}, for example {@code out,err}), since Java by itself only knows of both at once.
   */
  static Console system() {
    java.io.Console both = System.console();
    String usual = both != null && both.isTerminal() ? "out,err" : "";
    String terminals = System.getProperty("hone.terminals", usual);
    String noColor = System.getenv("NO_COLOR");
    boolean colours =
        (noColor == null || noColor.isEmpty()) && !"dumb".equals(System.getenv("TERM"));
    int width = Integer.getInteger("hone.columns", USUAL_WIDTH);
    return new Console(
        System.out,
        System.err,
        terminals.contains("out"),
        terminals.contains("err"),
        colours,
        width > 0 ? width : USUAL_WIDTH);
  }

  /** One red line on the error stream. */
  void fail(String message) {
    boolean red = errTerminal && colours;
    err.println((red ? "\u001b[31m" : "") + FAILURE + message + (red ? "\u001b[0m" : ""));
    err.flush();
  }

  /** Headings of results are bold on a terminal. */
  String bold(String text) {
    return outTerminal && colours ? "\u001b[1m" + text + "\u001b[0m" : text;
  }
}
