package dev.hone.method.bottleneck;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;
import dev.hone.method.MethodConfig;
import dev.hone.store.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * AdapterFusion, with the keys and defaults of AdapterHub's AdapterFusionConfig ("dynamic"). Which
 * adapter is how much worth to a token is learned; the adapters stay as they are.
 */
@Name("adapter-fusion")
@Doc("AdapterFusion: attention over trained bottleneck adapters (arXiv:2005.00247)")
public record FusionConfig(
    @Doc("Runs, or folders of bottleneck adapters; each is called by its folder's name")
        List<Path> adapters,
    @Doc("Linear on what the adapters add, for the scores") boolean key,
    @Doc("Linear on what the adapters are given, for the scores") boolean query,
    @Doc("Linear on the mixture of what they add") boolean value,
    @Doc("Scores are asked for before the layer's own sum and norm, not after them")
        boolean queryBeforeLn,
    @Doc("Keeps the value near the identity: 0.01 times the squared distance joins the loss")
        boolean regularization,
    @Doc("The way around joins what the adapters add, not their mixture") boolean residualBefore,
    @Doc("Scores are divided by a number that falls from 50 to 1 in 980 steps") boolean temperature,
    @Doc("AdapterHub's; a value before the mixture or after it comes to the same")
        boolean valueBeforeSoftmax,
    @Doc("The value begins as the identity, not at random") boolean valueInitialized,
    @Doc("Dropout on the scores while training; absent: that of the model's attention")
        @Range(min = 0, max = 0.95)
        @Nullable Double dropoutProb,
    @Doc("Modules of the head that are trained whole and saved with the fusion")
        List<String> modulesToSave)
    implements MethodConfig {

  public FusionConfig {
    if (!key && !query && !value) {
      throw new IllegalArgumentException(
          "key, query and value are all false, so that nothing would be learned");
    }
  }

  public static FusionConfig defaults() {
    return new FusionConfig(
        List.of(), true, true, true, false, true, false, false, true, true, null, List.of());
  }

  /** The folders of the adapters, which a run has within its own. */
  public List<Path> folders() {
    return adapters.stream()
        .map(
            folder -> {
              Path ofRun = folder.resolve("adapter");
              return Files.isDirectory(ofRun) ? ofRun : folder;
            })
        .toList();
  }

  /** The {@code config} of a file. */
  static FusionConfig read(Config json, List<Path> adapters) {
    if (Stream.of("key", "query", "value").noneMatch(json::booleanValue)) {
      throw json.wrong("value", "true where key and query are false: nothing else was learned");
    }
    double dropout = json.optionalDouble("dropout_prob").orElse(0);
    if (dropout < 0 || dropout >= 1) {
      throw json.wrong("dropout_prob", "a number from 0 to below 1");
    }
    FusionConfig read =
        new FusionConfig(
            adapters,
            json.booleanValue("key"),
            json.booleanValue("query"),
            json.booleanValue("value"),
            json.booleanValue("query_before_ln"),
            json.booleanValue("regularization"),
            json.booleanValue("residual_before"),
            json.booleanValue("temperature"),
            json.booleanValue("value_before_softmax"),
            json.booleanValue("value_initialized"),
            json.optionalDouble("dropout_prob").stream().boxed().findFirst().orElse(null),
            List.of());
    for (String key : json.keys()) {
      if (!json.json().path(key).isNull() && !read.fields().containsKey(key)) {
        throw json.wrong(key, "null: nothing else is known of a fusion");
      }
    }
    return read;
  }

  /** The same as AdapterHub writes it. */
  Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new TreeMap<>();
    fields.put("dropout_prob", dropoutProb);
    fields.put("key", key);
    fields.put("query", query);
    fields.put("query_before_ln", queryBeforeLn);
    fields.put("regularization", regularization);
    fields.put("residual_before", residualBefore);
    fields.put("temperature", temperature);
    fields.put("value", value);
    fields.put("value_before_softmax", valueBeforeSoftmax);
    fields.put("value_initialized", valueInitialized);
    return fields;
  }
}
