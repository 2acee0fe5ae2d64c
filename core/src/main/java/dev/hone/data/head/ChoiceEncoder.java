package dev.hone.data.head;

import dev.hone.data.Example;
import dev.hone.data.TokenRow;
import dev.hone.tokenizer.Encoding;
import java.util.List;

/**
 * A question before each of its choices. With a context that is the first text, and the question
 * opens the second one, as in SWAG.
 */
public record ChoiceEncoder(HeadTexts texts) {

  public Reading reading(Example.Choice example) {
    List<Encoding> sides =
        example.choices().stream().map(choice -> encoded(example, choice)).toList();
    List<TokenRow> others =
        sides.stream()
            .skip(1)
            .map(side -> Reading.row(side, -1, List.of(), null, example.origin()))
            .toList();
    Encoding first = sides.getFirst();
    return new Reading(Reading.row(first, example.right(), others, null, example.origin()), first);
  }

  private Encoding encoded(Example.Choice example, String choice) {
    String context = example.context();
    return context == null
        ? texts.cut(example.question(), choice)
        : texts.cut(context, (example.question() + " " + choice).strip());
  }
}
