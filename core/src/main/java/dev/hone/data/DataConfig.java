package dev.hone.data;

import dev.hone.config.Doc;
import dev.hone.config.Place;
import dev.hone.config.Range;
import dev.hone.error.HoneException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Which rows a run reads, what their columns mean, and how they are split. */
public record DataConfig(
    @Doc(
            "Files or folders with rows (.jsonl, .json, .csv, .tsv, .parquet, .txt), relative to"
                + " the recipe, or hf://datasets/owner/name[@revision][/path]")
        List<Place> path,
    @Doc("What a row is; found from the columns when absent, except regression")
        @Nullable Format format,
    @Doc("Which column plays which part, for example {text: body, label: sentiment}")
        Map<String, String> columns,
    @Doc("Names for the columns of a file without a header line (.csv, .tsv)") List<String> header,
    @Doc("Names of labels or tags that the rows give as numbers, that of 0 first")
        List<String> labelNames,
    @Doc("For labels answered in words: the prompt, with {text} where the text goes") String prompt,
    @Doc("For labels answered in words: the answer, with {label} where the label goes")
        String answer,
    @Doc("Longest row in tokens; 0 means the model's context") @Range(min = 0) int maxTokens,
    @Doc(
            "How many tokens a window moves over a document; what was seen before is context and no"
                + " label. 0: all documents as one stream, cut into rows of maxTokens. Over the"
                + " context of a question, 0: half of what a window holds of it")
        @Range(min = 0)
        int stride,
    @Doc("Refuse to start when a larger share of rows than this must be dropped")
        @Range(min = 0, max = 1)
        double maxDropped,
    @Doc("Read at most this many rows, chosen by seeded hash; 0 means all") @Range(min = 0)
        int limit,
    Split split) {

  /** What a row holds. */
  public enum Format {
    LABELLED,
    COMPLETION,
    INSTRUCTION,
    CHAT,
    TEXT,
    /** A question with a better and a worse answer. */
    PREFERENCE,
    /** A question with one answer, and whether it is wanted. */
    UNPAIRED_PREFERENCE,
    /** A text and all labels that it carries. */
    MULTI_LABEL,
    /** A text and a number; never found from the columns, for labels may be numbers too. */
    REGRESSION,
    /** Words with a tag each. */
    TAGGED,
    /** A question and a text that holds the answer. */
    QUESTION_ANSWERING,
    MULTIPLE_CHOICE
  }

  public static DataConfig defaults() {
    return new DataConfig(
        List.of(),
        null,
        Map.of(),
        List.of(),
        List.of(),
        "{text}\nLabel:",
        " {label}",
        0,
        0,
        0.05,
        0,
        Split.defaults());
  }

  /** The pattern by which a text is put to a model that has learned such rows, with {text}. */
  public String question(Format rows) {
    return switch (rows) {
      case LABELLED -> prompt;
      case INSTRUCTION -> ExampleReader.instruction("{text}", "");
      default -> "{text}";
    };
  }

  /**
   * How long a row may be.
   *
   * @param maxTokens asked for; 0 for all that the context holds
   * @throws HoneException when that is more than the model's context
   */
  public static int within(int maxTokens, int context) {
    if (maxTokens > context) {
      throw new HoneException(
          "data.maxTokens %d is more than the model's context of %d; lower it"
              .formatted(maxTokens, context));
    }
    return maxTokens == 0 ? context : maxTokens;
  }

  /** The same rows, but with a file as the test split and all others on the training side. */
  public DataConfig testedOn(Path file) {
    Split own =
        new Split(
            0,
            0,
            split.seed(),
            split.nearDuplicate(),
            split.validationPath(),
            List.of(Place.of(file)));
    return with(own);
  }

  /** The same rows at other places: names on the Hub become the files that were fetched. */
  public DataConfig located(UnaryOperator<List<Place>> places) {
    Split there =
        new Split(
            split.validation(),
            split.test(),
            split.seed(),
            split.nearDuplicate(),
            places.apply(split.validationPath()),
            places.apply(split.testPath()),
            split.learnFrom(),
            split.learnFromSeed());
    return changed(places.apply(path), format, prompt, answer, maxTokens, there);
  }

  /** The same with other patterns for question and answer, and another longest row. */
  public DataConfig asking(String question, String reply, int longest) {
    return changed(path, format, question, reply, longest, split);
  }

  /** The same with another split. */
  public DataConfig with(Split other) {
    return changed(path, format, prompt, answer, maxTokens, other);
  }

  /** The same, said to be of a format. */
  DataConfig of(Format known) {
    return changed(path, known, prompt, answer, maxTokens, split);
  }

  private DataConfig changed(
      List<Place> where,
      @Nullable Format what,
      String question,
      String reply,
      int longest,
      Split splitting) {
    return new DataConfig(
        where,
        what,
        columns,
        header,
        labelNames,
        question,
        reply,
        longest,
        stride,
        maxDropped,
        limit,
        splitting);
  }

  /** Shares of the rows; a group of exact or near duplicates always falls on one side. */
  public record Split(
      @Range(min = 0, max = 1) double validation,
      @Range(min = 0, max = 1) double test,
      @Doc("Rows are placed by a hash of their text and this seed") long seed,
      @Doc("Jaccard similarity of word shingles from which two rows count as near duplicates")
          @Range(min = 0.3, max = 1)
          double nearDuplicate,
      @Doc("Files that are the validation split, in place of a share") List<Place> validationPath,
      @Doc("Files that are the test split, in place of a share") List<Place> testPath,
      @Doc(
              "Learn from this many rows, those of the validation split included, and measure on all"
                  + " test rows; 0 means all")
          @Range(min = 0)
          int learnFrom,
      @Doc("Which rows those are") long learnFromSeed) {

    /** With all rows that are no test rows to learn from. */
    public Split(
        double validation,
        double test,
        long seed,
        double nearDuplicate,
        List<Place> validationPath,
        List<Place> testPath) {
      this(validation, test, seed, nearDuplicate, validationPath, testPath, 0, 1);
    }

    public static Split defaults() {
      return new Split(0.1, 0.2, 1, 0.8, List.of(), List.of());
    }

    /** The same with so many rows to learn from. */
    public Split learningFrom(int rows, long which) {
      return new Split(
          validation, test, seed, nearDuplicate, validationPath, testPath, rows, which);
    }
  }
}
