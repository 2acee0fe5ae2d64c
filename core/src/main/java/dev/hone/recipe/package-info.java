/** What decides a run, in one record. */
@NullMarked
package dev.hone.recipe;

import org.jspecify.annotations.NullMarked;
