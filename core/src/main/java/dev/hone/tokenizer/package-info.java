/** Text to token ids and back. */
@NullMarked
package dev.hone.tokenizer;

import org.jspecify.annotations.NullMarked;
