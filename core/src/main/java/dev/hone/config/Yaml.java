package dev.hone.config;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Binds YAML files to records, strictly: a key that no record knows, a value of another type and a
 * number out of its {@link Range} are refused with file, line, value and what was expected.
 *
 * <p>A record has a method {@code public static X defaults()}; a key that is absent keeps the
 * component's default. Components are numbers, {@code boolean}, {@code String}, enums (in lower
 * case, '-' for '_'), {@code Path}, {@code List} (one value counts as a list of one), {@code Map}
 * with text keys, records, and interfaces with {@link OneOf}; any of them may be {@code @Nullable}.
 * Keys are the component names as they are.
 */
public final class Yaml {
  private Yaml() {}

  /**
   * Reads a file.
   *
   * <p>Every path of the result is absolute. A relative one in the file is resolved against the
   * file's folder; one in an override, or a record's default, against the working directory.
   *
   * @param overrides {@code key.key=value} with YAML values; they count more than the file
   * @throws HoneException one line that starts with {@code file:line:} or {@code override ...:}. An
   *     {@code IllegalArgumentException} from a record's constructor becomes one at the line of the
   *     record's key
   */
  public static <T extends Record> T read(Path file, Class<T> type, List<String> overrides) {
    Path folder = file.toAbsolutePath().getParent();
    Path base = folder == null ? file.toAbsolutePath() : folder;
    IntFunction<Origin> origins = line -> new Origin(file + ":" + line, base);
    Tree root =
        TreeReader.read(text(file), origins)
            .orElseGet(() -> new Tree.Mapping(origins.apply(1), new LinkedHashMap<>()));
    if (!(root instanceof Tree.Mapping mapping)) {
      throw root.origin().refuse("expected keys and values, found " + root.shown());
    }
    Overrides.apply(mapping, overrides);
    return type.cast(Binder.bind(type, mapping));
  }

  /** The defaults of a record, changed as {@link #read(Path, Class, List)} changes a file. */
  public static <T extends Record> T read(Class<T> type, List<String> overrides) {
    Origin nowhere = new Origin("defaults", Path.of(""));
    Tree.Mapping mapping = new Tree.Mapping(nowhere, new LinkedHashMap<>());
    Overrides.apply(mapping, overrides);
    return type.cast(Binder.bind(type, mapping));
  }

  /**
   * Writes a record with all its keys, their {@link Doc} lines as comments and absolute paths.
   * Reading the text gives an equal record, from whatever folder.
   *
   * @throws IllegalArgumentException for a number that is not finite, which no file may hold
   */
  public static String write(Record record) {
    return new Writer().write(record);
  }

  /** The records of a family ({@link OneOf}) with their defaults, by the word that chooses each. */
  public static <T> Map<String, T> choices(Class<T> family) {
    Map<String, T> choices = new LinkedHashMap<>();
    Shape.choices(family).forEach((n, type) -> choices.put(n, family.cast(Shape.defaults(type))));
    return choices;
  }

  private static String text(Path file) {
    if (!Files.isRegularFile(file)) {
      String found = Files.isDirectory(file) ? "is a folder" : "does not exist";
      throw new HoneException(file + ": " + found + ", expected a YAML file");
    }
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new HoneException(file + ": is not UTF-8 text; save it as UTF-8", e);
    } catch (IOException e) {
      throw new HoneException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
