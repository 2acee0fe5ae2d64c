package dev.hone.app;

import dev.hone.Hone;
import dev.hone.TunedModel;
import dev.hone.error.HoneException;
import dev.hone.generate.EarlyStopping;
import dev.hone.generate.GenerationConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hone generate}: asks a model. */
@Command(
    name = "generate",
    description = {
      "Asks a tuned model: a run's folder, an adapter's or a model's, or owner/name on the Hub.",
      "",
      "A model that was trained on labels answers with the label and how sure it is; one that tags",
      "words tags those of the text, one that finds answers needs --context, one that chooses",
      "--choice, and one that finds hidden words a mask in the text. One that was",
      "trained on conversations or instructions gets the text in that frame. With --raw, and where",
      "no run has left its card, the text is continued as it stands."
    })
@Example(line = "hone generate runs/feedback \"arrived broken\"", does = "the mood of one message")
@Example(
    line = "hone generate models/hone-base \"The room was\" --temperature 0.8",
    does = "let the base model write on")
@SuppressWarnings("NullAway.Init") // picocli fills the fields before a command runs
final class GenerateCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(index = "0", paramLabel = "FOLDER", description = "Run, adapter or model.")
  private Path folder;

  @Parameters(index = "1", paramLabel = "TEXT", description = "What to answer or to continue.")
  private String text;

  @Option(names = "--pair", paramLabel = "TEXT", description = "A text that belongs to it.")
  private @Nullable String pair;

  @Option(
      names = "--context",
      paramLabel = "TEXT",
      description = "The text that a question is about.")
  private @Nullable String context;

  @Option(names = "--choice", paramLabel = "TEXT", description = "An answer; give two or more.")
  private List<String> choices = new ArrayList<>();

  @Option(names = "--raw", description = "Put nothing around the text: continue it as it stands.")
  private boolean raw;

  @Option(
      names = "--task",
      paramLabel = "NAME",
      description = "Of an adapter for several tasks: which (default: the first).")
  private @Nullable String task;

  @Option(names = "--max-tokens", description = "Longest answer (${DEFAULT-VALUE}).")
  private int maxTokens = 64;

  @Option(names = "--temperature", description = "0 takes the likeliest token (${DEFAULT-VALUE}).")
  private double temperature;

  @Option(names = "--top-k", description = "Draw among this many tokens; 0 means all.")
  private int topK;

  @Option(names = "--top-p", description = "Draw among the likeliest with this probability.")
  private double topP = 1;

  @Option(names = "--repetition-penalty", description = "Above 1: repeat less.")
  private double repetitionPenalty = 1;

  @Option(
      names = "--num-beams",
      description = "Search for the likeliest answer with this many beams (${DEFAULT-VALUE}).")
  private int numBeams = 1;

  @Option(
      names = "--length-penalty",
      description = "With beams: above 0 favours long answers (${DEFAULT-VALUE}).")
  private double lengthPenalty = 1;

  @Option(
      names = "--early-stopping",
      description = "With beams: ${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  private EarlyStopping earlyStopping = EarlyStopping.FALSE;

  @Option(names = "--stop", description = "Text that ends the answer; may be given again.")
  private List<String> stop = new ArrayList<>();

  @Option(names = "--seed", description = "Seed of the drawing (${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(names = "--model", paramLabel = "FOLDER", description = "The base, if it was moved.")
  private @Nullable Path model;

  GenerateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    GenerationConfig config = config();
    try (TunedModel opened = opened()) {
      TunedModel tuned = task == null ? opened : opened.ofTask(task);
      if (raw) {
        String ignored = tuned.continued(text, config, this::told);
        console.out().println();
      } else if (tuned.head().isPresent() || !tuned.labels().isEmpty()) {
        new HeadAnswer(console, tuned, text, pair, context, choices).print();
      } else {
        String ignored = tuned.generate(text, config, this::told);
        console.out().println();
      }
    }
    return 0;
  }

  private TunedModel opened() {
    try (TransferLine line = new TransferLine(console, "fetch")) {
      return Hone.open(folder, model, line);
    }
  }

  private GenerationConfig config() {
    try {
      return new GenerationConfig(
          maxTokens,
          temperature,
          topK,
          topP,
          repetitionPenalty,
          stop,
          seed,
          numBeams,
          lengthPenalty,
          earlyStopping);
    } catch (IllegalArgumentException e) {
      throw new HoneException(String.valueOf(e.getMessage()), e);
    }
  }

  private void told(String piece) {
    console.out().print(piece);
    console.out().flush();
  }
}
