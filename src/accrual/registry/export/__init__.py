"""Study records in the forms that other programs read: CSV, RIS, FHIR, the markup of old."""
