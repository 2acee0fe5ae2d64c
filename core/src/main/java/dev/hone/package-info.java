/** Fine-tunes language models on the JVM. */
@NullMarked
package dev.hone;

import org.jspecify.annotations.NullMarked;
