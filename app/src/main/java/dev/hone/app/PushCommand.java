package dev.hone.app;

import dev.hone.run.Publication;
import dev.hone.store.hub.Repo;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hone push}: an adapter or a model to the Hub, with a card. */
@Command(
    name = "push",
    description = {
      "Sends what a run has made to a model repository of the Hugging Face Hub, and makes the",
      "repository where there is none. HF_TOKEN must be allowed to write.",
      "",
      "Only the model's own files go, none of the run's rows, recipe or logs. A README.md with the",
      "base, the measured results and how to use it is written where there is none."
    })
@Example(line = "hone push runs/feedback me/feedback --private", does = "for your eyes only")
@Example(
    line = "hone push runs/feedback/adapter me/feedback --revision v2",
    does = "as a branch of its own")
@SuppressWarnings("NullAway.Init") // picocli fills the fields before a command runs
final class PushCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(index = "0", paramLabel = "FOLDER", description = "Run, adapter or model.")
  private Path folder;

  @Parameters(index = "1", paramLabel = "REPO", description = "owner/name on the Hub.")
  private String name;

  @Option(names = "--private", description = "A new repository is seen by you alone.")
  private boolean hidden;

  @Option(
      names = "--revision",
      paramLabel = "R",
      description = "Branch to write to, made where there is none (main).")
  private @Nullable String revision;

  @Option(
      names = "--license",
      paramLabel = "L",
      description = "For the card, for example apache-2.0; the base's where it is known.")
  private @Nullable String license;

  PushCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Repo repo = Repo.model(revision == null ? name : name + "@" + revision);
    try (TransferLine line = new TransferLine(console, "send")) {
      String address = Publication.send(folder, repo, hidden, license, line);
      line.close();
      console.out().println(address);
      return 0;
    }
  }
}
