package dev.hone.inspect;

import dev.hone.error.HoneException;
import dev.hone.method.AdapterFiles;
import dev.hone.run.Located;
import dev.hone.store.Safetensors;
import dev.hone.store.hub.Transfer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What lies in a place: a model, an adapter, a run, or a file of weights. Of the weights only the
 * headers are read, so that size does not matter.
 *
 * @param model the model, or an adapter's base where it is here; null where there is neither
 * @param weights of a single file; null for a folder
 */
public record Inspection(
    String path,
    Kind kind,
    @Nullable RunFacts run,
    @Nullable AdapterFacts adapter,
    @Nullable ModelFacts model,
    @Nullable TokenizerFacts tokenizer,
    @Nullable TemplateFacts chatTemplate,
    @Nullable WeightFacts weights) {

  /** What a place holds. */
  public enum Kind {
    MODEL,
    ADAPTER,
    RUN,
    WEIGHTS;

    public String words() {
      return this == WEIGHTS ? "weights" : name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * How to look.
   *
   * @param base the base of an adapter, where it is another than the adapter names; or null
   * @param verify whether to read the base's weights and compare their fingerprint
   */
  public record Options(@Nullable Path base, boolean verify, MemoryEstimate.Load load) {
    public static final Options USUAL = new Options(null, false, MemoryEstimate.Load.USUAL);
  }

  /**
   * Looks at a folder, a safetensors file, or {@code owner/name} on the Hub.
   *
   * @throws HoneException where there is nothing that can be looked at
   */
  public static Inspection of(Path given, Options options, Transfer listener) {
    if (Files.isRegularFile(given)) {
      return file(given);
    }
    Path folder = Located.folder(given, listener);
    if (Files.exists(folder.resolve(RunFacts.RECIPE))) {
      return run(folder, options, listener);
    }
    if (AdapterFiles.isIn(folder)) {
      return adapter(folder, options, listener);
    }
    return model(folder, Kind.MODEL, null, options);
  }

  private static Inspection file(Path file) {
    if (!file.toString().endsWith(".safetensors")) {
      throw new HoneException(
          file + " is no .safetensors file: name one, or a model's, adapter's or run's folder");
    }
    try (Safetensors opened = Safetensors.open(file)) {
      WeightFacts weights =
          WeightFacts.of(1, opened.names().stream().map(opened::get).toList(), opened.metadata());
      return new Inspection(file.toString(), Kind.WEIGHTS, null, null, null, null, null, weights);
    }
  }

  private static Inspection run(Path folder, Options options, Transfer listener) {
    RunFacts run = RunFacts.of(folder);
    Path adapter = folder.resolve("adapter");
    Path model = folder.resolve("model");
    Inspection learned =
        AdapterFiles.isIn(adapter)
            ? adapter(adapter, options, listener)
            : Files.exists(model.resolve("model.safetensors"))
                ? model(model, Kind.MODEL, null, options)
                : null;
    if (learned == null) {
      return new Inspection(folder.toString(), Kind.RUN, run, null, null, null, null, null);
    }
    return new Inspection(
        folder.toString(),
        Kind.RUN,
        run,
        learned.adapter(),
        learned.model(),
        learned.tokenizer(),
        learned.chatTemplate(),
        null);
  }

  private static Inspection adapter(Path folder, Options options, Transfer listener) {
    Path base = options.base() == null ? null : Located.folder(options.base(), listener);
    AdapterFacts adapter = AdapterFacts.of(folder, base, options.verify());
    String found = adapter.baseFolder();
    if (found == null) {
      return new Inspection(folder.toString(), Kind.ADAPTER, null, adapter, null, null, null, null);
    }
    Inspection model = model(Path.of(found), Kind.ADAPTER, adapter, options);
    return new Inspection(
        folder.toString(),
        Kind.ADAPTER,
        null,
        adapter,
        model.model(),
        model.tokenizer(),
        model.chatTemplate(),
        null);
  }

  private static Inspection model(
      Path folder, Kind kind, @Nullable AdapterFacts adapter, Options options) {
    return new Inspection(
        folder.toString(),
        kind,
        null,
        adapter,
        ModelFacts.of(folder, options.load()),
        TokenizerFacts.of(folder),
        TemplateFacts.of(folder),
        null);
  }
}
