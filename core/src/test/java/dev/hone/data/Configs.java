package dev.hone.data;

import dev.hone.config.Place;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Data configurations that differ from the defaults in one thing. */
final class Configs {
  private Configs() {}

  static DataConfig files(Path... files) {
    return columns(Map.of(), files);
  }

  static DataConfig columns(Map<String, String> columns, Path... files) {
    return of(List.of(files), null, columns, List.of(), 0, 0.05, DataConfig.Split.defaults());
  }

  static DataConfig of(
      List<Path> path,
      DataConfig.@Nullable Format format,
      Map<String, String> columns,
      List<String> header,
      int maxTokens,
      double maxDropped,
      DataConfig.Split split) {
    DataConfig d = DataConfig.defaults();
    return new DataConfig(
        path.stream().map(Place::of).toList(),
        format,
        columns,
        header,
        d.labelNames(),
        d.prompt(),
        d.answer(),
        maxTokens,
        0,
        maxDropped,
        0,
        split);
  }

  /** Documents in windows that move by {@code stride} tokens. */
  static DataConfig sliding(int maxTokens, int stride) {
    DataConfig d = DataConfig.defaults();
    return new DataConfig(
        d.path(),
        null,
        d.columns(),
        d.header(),
        d.labelNames(),
        d.prompt(),
        d.answer(),
        maxTokens,
        stride,
        0.05,
        0,
        d.split());
  }

  static DataConfig tokens(int maxTokens, double maxDropped) {
    return of(
        List.of(), null, Map.of(), List.of(), maxTokens, maxDropped, DataConfig.Split.defaults());
  }
}
