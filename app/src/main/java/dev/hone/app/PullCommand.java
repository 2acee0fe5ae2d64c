package dev.hone.app;

import dev.hone.store.hub.Hub;
import dev.hone.store.hub.Repo;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hone pull}: a model or rows from the Hub into its cache. */
@Command(
    name = "pull",
    description = {
      "Fetches a model, an adapter or rows from the Hugging Face Hub and prints where they lie.",
      "",
      "Only what is needed comes: configuration, tokenizer, chat template, safetensors. It goes into",
      "the cache that Python's tools share (HF_HOME, HF_HUB_CACHE), and every command finds it there",
      "without a network. HF_TOKEN signs in; HF_ENDPOINT, HF_HUB_OFFLINE, HTTPS_PROXY and NO_PROXY",
      "mean what they mean elsewhere. A break is no loss: the same command goes on."
    })
@Example(line = "hone pull Qwen/Qwen2.5-0.5B", does = "a base model for 'model:' of a recipe")
@Example(
    line = "hone pull hf://datasets/stanfordnlp/sst2",
    does = "its training rows, for 'data.path:'")
@SuppressWarnings("NullAway.Init") // picocli fills the fields before a command runs
final class PullCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      index = "0",
      paramLabel = "REPO",
      description = "owner/name[@revision], or hf://datasets/owner/name[@revision][/path].")
  private String name;

  @Option(
      names = "--revision",
      paramLabel = "R",
      description = "Branch, tag or commit of a model (main).")
  private @Nullable String revision;

  PullCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    try (Hub hub = Hub.open();
        TransferLine line = new TransferLine(console, "fetch")) {
      if (name.startsWith("hf://datasets/")) {
        hub.rows(name, line).forEach(console.out()::println);
      } else {
        Repo repo = Repo.model(revision == null ? name : name + "@" + revision);
        console.out().println(hub.model(repo, line));
      }
      return 0;
    }
  }
}
